"""Demo: the main job from end to end on the sandbox, with real files, told as it happens."""
