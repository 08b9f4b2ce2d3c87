"""What the tests stand on: databases, browsers, servers and the cast."""
