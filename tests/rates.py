"""Rates of tests: far above what the emulated AWS can serve, so that no call waits for a token.

With the rates for AWS, the alarms of one pipeline wait for 4 s in its deletion.
"""

from __future__ import annotations

from dataflowxpress.aws.rates import QUOTAS

UNLIMITED = dict.fromkeys(QUOTAS, 1_000_000.0)  # calls per second
OPTIONS = [f"--rate={service}={rate:.0f}" for service, rate in UNLIMITED.items()]
