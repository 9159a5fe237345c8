"""AWS: clients, errors, ownership tags, observation and changes of resources."""
