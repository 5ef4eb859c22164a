# SPDX-License-Identifier: Apache-2.0
"""Low-balance alerts: exact decimals in; fire, remind, stop or nothing out, with the reason."""
