"""Cost: estimates what a pipeline costs, from its resources, its uploads and AWS' list prices."""
