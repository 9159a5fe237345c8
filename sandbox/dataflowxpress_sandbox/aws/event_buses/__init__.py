"""Event buses: which events of other accounts and regions a bus admits, and who sends them."""

from . import policies, senders, stacks, targets


def install() -> None:
    """Add policies of buses, and deliveries between accounts and regions, to this process."""
    policies.install()
    targets.install()
    senders.install()
    stacks.install()
