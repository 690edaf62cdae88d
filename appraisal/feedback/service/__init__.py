"""Use cases of 360° feedback: the round with its form, its raters, their answers, and what is shown of them."""
