# SPDX-License-Identifier: Apache-2.0
"""The C interface through ctypes: declares it, loads it, and converts between C and Python values.

Private. The public modules, one level up, call it; it decides nothing about alerts.
"""
