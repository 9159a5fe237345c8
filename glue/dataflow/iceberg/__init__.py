"""Iceberg: tables whose runs appear at once, staged on branches and published after the commit."""
