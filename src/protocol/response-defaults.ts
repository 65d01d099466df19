/**
 * What a Response says of every setting that its request left out.
 * The keys are those the Open Responses schema requires of a ResponseResource and a stream doesn't change
 * (openresponses.org, ResponseResource.required). Strict clients refuse a Response without them.
 */
export const responseDefaults = {
  background: false,
  frequency_penalty: 0,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  presence_penalty: 0,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  service_tier: "default",
  store: false,
  temperature: 1,
  text: { format: { type: "text" } },
  tool_choice: "auto",
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: "disabled",
} as const;
