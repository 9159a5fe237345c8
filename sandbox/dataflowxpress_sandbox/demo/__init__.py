"""Demo: the main job from end to end on the sandbox, with real files and live output."""
