"""Resolvers: gates that a program or an address answers are asked again and again, durably, and nothing of it is kept in memory."""
