cline auth openai-native \
  --baseurl https://responses-api.your-subdomain.workers.dev/openai/v1 \
  --apikey 3f9c2e7a51b84d06 \
  --modelid @cf/openai/gpt-oss-20b
