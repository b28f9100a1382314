"""What makes a joint search choose right: measurements on the joint table; docs/choosing.md has what follows."""
