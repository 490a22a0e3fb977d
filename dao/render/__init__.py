"""What a person sees: Rich renderables and JSON documents made from the values of the rooms below."""
