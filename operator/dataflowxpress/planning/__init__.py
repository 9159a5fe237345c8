"""Planning: describes resources, compares them with AWS and plans the steps. Pure."""
