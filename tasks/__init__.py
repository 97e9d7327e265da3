"""Prefect tasks and what they need from the environment: settings, wiring, policies. One library call a task."""
