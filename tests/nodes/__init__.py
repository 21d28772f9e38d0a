"""Private RabbitMQ and PostgreSQL nodes that tests and benchmarks may kill, freeze and throw away."""
