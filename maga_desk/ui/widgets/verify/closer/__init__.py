"""Views of single pictures: what each model of a run says of them."""
