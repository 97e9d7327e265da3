"""Language models: Anthropic's, OpenAI's, and any that speak OpenAI's protocol (OpenRouter, servers of one's own).

Each module implements ``edgeworth.ports.LanguageModel`` through the official client. Prompts and what is done with an
answer never enter.
"""
