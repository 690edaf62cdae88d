"""From scores to consequences: vetoes, grades, outcomes, and what would have changed the grade."""
