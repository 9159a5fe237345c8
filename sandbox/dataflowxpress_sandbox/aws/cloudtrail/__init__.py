"""CloudTrail: management events on the default event bus while a trail is logging."""
