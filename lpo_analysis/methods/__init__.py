"""General statistics; nothing here knows what legal outsourcing is."""
