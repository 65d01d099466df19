curl -fsS "https://responses-api.your-subdomain.workers.dev/openai/v1/models?client_version=0.169.0" \
  -H "authorization: Bearer $RESPONSES_API_KEY" -o ~/.codex/workers-ai.json
