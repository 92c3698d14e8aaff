"""The names under which spans speak: those of OpenTelemetry's GenAI conventions (1.41), and Penstock's own beside them. Pure.

The conventions are still in development: this is the one place that changes with them.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "AGENT_ID", "AGENT_NAME", "ATTEMPT", "CACHED_TOKENS", "CHAT", "CONVERSATION_ID", "COST_USD", "ERROR_TYPE", "EXECUTE_TOOL",
    "FINISH_REASONS", "INPUT_MESSAGES", "INPUT_TOKENS", "INSTANCE", "INVOKE_AGENT", "INVOKE_WORKFLOW", "NODE_ID", "NODE_KIND",
    "OPERATION", "OUTPUT_MESSAGES", "OUTPUT_TOKENS", "PRICED", "PROVIDER", "REASONING_TOKENS", "REQUEST_ID", "REQUEST_MODEL",
    "RESPONSE_MODEL", "ROLE", "RUN_ID", "RUN_STATUS", "SERVICE_NAME", "SERVICE_VERSION", "TOOL_ARGUMENTS", "TOOL_CALL_ID", "TOOL_NAME",
    "TOOL_RESULT", "TOOL_TYPE", "TURN", "WORKFLOW_DIGEST", "WORKFLOW_NAME", "WORKFLOW_VERSION",
]  # fmt: skip

SERVICE_NAME: Final = "service.name"
SERVICE_VERSION: Final = "service.version"
ERROR_TYPE: Final = "error.type"

OPERATION: Final = "gen_ai.operation.name"
CHAT: Final = "chat"
EXECUTE_TOOL: Final = "execute_tool"
INVOKE_AGENT: Final = "invoke_agent"
INVOKE_WORKFLOW: Final = "invoke_workflow"

PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHED_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
AGENT_NAME: Final = "gen_ai.agent.name"
AGENT_ID: Final = "gen_ai.agent.id"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
WORKFLOW_NAME: Final = "gen_ai.workflow.name"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"

RUN_ID: Final = "penstock.run.id"
RUN_STATUS: Final = "penstock.run.status"
WORKFLOW_VERSION: Final = "penstock.workflow.version"
WORKFLOW_DIGEST: Final = "penstock.workflow.digest"
NODE_ID: Final = "penstock.node.id"
NODE_KIND: Final = "penstock.node.kind"
INSTANCE: Final = "penstock.node.instance"
ATTEMPT: Final = "penstock.node.attempt"
ROLE: Final = "penstock.agent.role"
TURN: Final = "penstock.call.turn"
REQUEST_ID: Final = "penstock.call.request_id"
REASONING_TOKENS: Final = "penstock.call.reasoning_tokens"
COST_USD: Final = "penstock.call.cost_usd"
PRICED: Final = "penstock.call.priced"
