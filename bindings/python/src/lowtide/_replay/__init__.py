# SPDX-License-Identifier: Apache-2.0
"""What `python -m lowtide` does: reads a file of events, plays it, and prints what follows.

Private. It uses the public modules, and of `_ffi` only the conversion of values.
"""
