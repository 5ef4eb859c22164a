# SPDX-License-Identifier: Apache-2.0
"""The C interface through ctypes: declarations, loading, and conversion between C and Python values.

Private. The public modules, one level up, call it; it decides nothing about alerts.
"""
