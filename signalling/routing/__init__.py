"""Who helps whom, when: the queue, what reps can do, business hours."""
