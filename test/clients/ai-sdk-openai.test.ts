import assert from "node:assert/strict";
import {
  defaultSettingsMiddleware,
  generateText,
  isStepCount,
  type ModelMessage,
  streamText,
  wrapLanguageModel,
} from "ai";
import { aiSdkCases } from "./support/ai-sdk-cases.ts";
import { defineClient } from "./support/define-client.ts";
import { answerWith } from "./support/model-turns.ts";
import { lastConversation, readItems } from "./support/read-calls.ts";
import * as scenes from "./support/scenes.ts";
import { startWorld } from "./support/start-world.ts";
import * as toolsScene from "./support/tools-scene.ts";

const world = await startWorld({ hasTools: true });
const { upstream } = world;
const { model, provider } = await import("./snippets/ai-sdk-openai.ts");

const cases = aiSdkCases({ model, upstream, name: "openai", statusOfBreak: 500 });

/** Sends the whole history, with sealed reasoning, instead of references to stored items. */
const withoutStore = wrapLanguageModel({
  model,
  middleware: defaultSettingsMiddleware({ settings: { providerOptions: { openai: { store: false } } } }),
});
const casesWithoutStore = aiSdkCases({ model: withoutStore, upstream, name: "openai", statusOfBreak: 500 });

defineClient(["ai", "@ai-sdk/openai"], world, {
  ...cases,

  async "one tool round trip"() {
    await cases["one tool round trip"]?.();
    upstream.clear();
    await casesWithoutStore["one tool round trip"]?.();
  },

  async "shell, apply_patch, tool_search"() {
    upstream.enqueue(
      answerWith({
        reasoning: "Look.",
        calls: [
          { name: "shell", arguments: { commands: ["ls"] } },
          { name: "local_shell", arguments: { command: ["pwd"] } },
        ],
      }),
      answerWith({
        calls: [{ name: "apply_patch", arguments: { type: "create_file", path: "b.txt", diff: "+b" } }],
      }),
      answerWith({ text: "Made b.txt." }),
    );
    const { text } = await generateText({
      model: withoutStore,
      prompt: "Make b.txt.",
      tools: {
        shell: provider.tools.shell({
          execute: ({ action }) => {
            assert.deepEqual(action.commands, ["ls"]);
            return { output: [{ stdout: "a.txt", stderr: "", outcome: { type: "exit", exitCode: 0 } }] };
          },
        }),
        local_shell: provider.tools.localShell({
          execute: ({ action }) => {
            assert.deepEqual(action.command, ["pwd"]);
            return { output: "/work" };
          },
        }),
        apply_patch: provider.tools.applyPatch({
          execute: ({ operation }) => {
            assert.deepEqual(operation, { type: "create_file", path: "b.txt", diff: "+b" });
            return { status: "completed" };
          },
        }),
      },
      stopWhen: isStepCount(4),
    });
    assert.equal(text, "Made b.txt.");
    assert.deepEqual(lastConversation(upstream), [
      "user: Make b.txt.",
      "assistant thinks: Look.",
      'assistant calls #1: shell {"commands":["ls"]}',
      'assistant calls #2: local_shell {"command":["pwd"],"env":{}}',
      "tool #1: Exit code 0\nOutput:\na.txt",
      "tool #2: /work",
      'assistant calls #3: apply_patch {"type":"create_file","path":"b.txt","diff":"+b"}',
      "tool #3: The patch completed.",
    ]);
  },

  async "multi-turn"() {
    await cases["multi-turn"]?.();
    upstream.clear();
    await casesWithoutStore["multi-turn"]?.();
  },

  async "multi-turn, stored history"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const storing = provider(scenes.modelName);
    const first = await generateText({ model: storing, prompt: "I am Ann." });
    const { responseId } = first.finalStep.providerMetadata?.["openai"] ?? {};
    assert(typeof responseId === "string");
    const { text } = await generateText({
      model: storing,
      prompt: "Who am I?",
      providerOptions: { openai: { previousResponseId: responseId } },
    });
    assert.equal(text, "Ann.");
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
  },

  async "multi-turn, conversation"() {
    upstream.enqueue(
      answerWith({ reasoning: "A name.", text: "Hello Ann." }),
      answerWith({ reasoning: "Easy.", text: "Ann." }),
    );
    const { client } = await import("./snippets/openai.ts");
    const { id: conversation } = await client.conversations.create();
    const talking = { model: provider(scenes.modelName), providerOptions: { openai: { conversation } } };
    await generateText({ ...talking, prompt: "I am Ann." });
    const { text } = await generateText({ ...talking, prompt: "Who am I?" });
    assert.equal(text, "Ann.");
    assert.deepEqual(lastConversation(upstream), scenes.secondTurn);
    const items = await Array.fromAsync(client.conversations.items.list(conversation, { order: "asc" }));
    assert.deepEqual(readItems(items), scenes.twoTurns);
  },

  async "a web search"() {
    const { cited, page, query, twoRounds } = toolsScene;
    const request = {
      model,
      prompt: "How do honeybees survive the winter?",
      tools: { web_search: provider.tools.webSearch({}) },
    };
    for (const ask of [generateText, streamText]) {
      upstream.clear();
      toolsScene.search(upstream);
      const result = await ask(request);
      assert.equal(await result.text, cited);
      toolsScene.assertSearched(upstream);
      const { inputTokens, outputTokens } = await result.usage;
      assert.deepEqual([inputTokens, outputTokens], twoRounds);
      const [found] = await result.toolResults;
      assert.deepEqual(found?.output, {
        action: { type: "search", query, queries: [query] },
        sources: [{ type: "url", url: page.url }],
      });
      const answer = (await result.content).find(({ type }) => type === "text");
      assert(answer?.type === "text");
      const [citation] = answer.citations ?? [];
      assert(citation?.source.sourceType === "url");
      assert.deepEqual([citation.source.url, citation.source.title], [page.url, page.title]);
    }
  },

  async "an MCP call, approved"() {
    const { server, sum, summed } = toolsScene;
    const tools = {
      mcp: provider.tools.mcp({ serverLabel: server.label, serverUrl: server.url, requireApproval: "always" }),
    };
    for (const ask of [generateText, streamText]) {
      upstream.clear();
      toolsScene.callServer(upstream);
      const messages: ModelMessage[] = [{ role: "user", content: "2 + 40?" }];
      const first = await ask({ model, messages, tools });
      const request = (await first.content).find(({ type }) => type === "tool-approval-request");
      assert(request?.type === "tool-approval-request");
      assert.deepEqual([request.toolCall.toolName, request.toolCall.input], [`mcp.${sum.tool}`, sum.arguments]);
      messages.push(...(await first.responseMessages), {
        role: "tool",
        content: [
          // Without the mark it is not sent: it is the answer to a tool of the program's own.
          { type: "tool-approval-response", approvalId: request.approvalId, approved: true, providerExecuted: true },
        ],
      });
      const second = await ask({ model, messages, tools });
      assert.equal(await second.text, summed);
      toolsScene.assertCalled(upstream);
      const [called] = await second.toolResults;
      assert.deepEqual(called?.output, {
        type: "call",
        serverLabel: server.label,
        name: sum.tool,
        arguments: JSON.stringify(sum.arguments),
        output: sum.output,
      });
    }
  },
});
