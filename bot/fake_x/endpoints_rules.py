"""Endpoints for the rules of the filtered stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.fake_x.calls import Answer, Call, Endpoint, answer
from bot.fake_x.parameters import Query
from bot.fake_x.problems import invalid
from bot.fake_x.rendering import stamp
from bot.fake_x.streams import MOST_RULES, RULE_LENGTH, Rule

if TYPE_CHECKING:
    from bot.fake_x.network import Network


def list_rules(network: Network, call: Call) -> Answer:
    """Give the rules."""
    query = Query(call.query, "ids", "max_results", "pagination_token")
    ids = [one for one in (query.text("ids") or "").split(",") if one]
    rules = [_rule_json(rule) for rule in network.streams.rules.values() if not ids or rule.id in ids]
    meta = {"sent": stamp(int(network.clock.now() * 1000)), "result_count": len(rules)}
    return answer({"data": rules, "meta": meta} if rules else {"meta": meta})


def change_rules(network: Network, call: Call) -> Answer:
    """Add rules, or delete some."""
    query = Query(call.query, "dry_run", "delete_all")
    body = call.json()
    dry_run = query.text("dry_run") in {"true", "True"}
    if "add" in body:
        return _add(network, body["add"], dry_run=dry_run)
    if "delete" in body:
        return _delete(network, body["delete"], dry_run=dry_run)
    raise invalid({}, "Request body must contain 'add' or 'delete'")


def _add(network: Network, wanted: list[dict[str, Any]], *, dry_run: bool) -> Answer:
    """Add those that are new; those that are there already are told as errors, as X does."""
    created: list[Rule] = []
    errors: list[dict[str, Any]] = []
    rules = network.streams.rules
    values = {rule.value: rule.id for rule in rules.values()}
    for one in wanted:
        value = str(one.get("value", ""))
        if value in values:
            errors.append(
                {
                    "value": value,
                    "id": values[value],
                    "title": "DuplicateRule",
                    "type": "https://api.twitter.com/2/problems/duplicate-rules",
                }
            )
        elif not 1 <= len(value) <= RULE_LENGTH or len(rules) + len(created) >= MOST_RULES:
            errors.append(
                {
                    "value": value,
                    "details": [f"must have at most {RULE_LENGTH} characters, and at most {MOST_RULES} rules"],
                    "title": "UnprocessableEntity",
                    "type": "https://api.twitter.com/2/problems/invalid-rules",
                }
            )
        else:
            created.append(Rule(str(network.new_id()), value, one.get("tag")))
            values[value] = created[-1].id
    if not dry_run:
        rules.update((rule.id, rule) for rule in created)
    summary = {"created": len(created), "not_created": len(errors), "valid": len(created), "invalid": len(errors)}
    answered: dict[str, Any] = {"data": [_rule_json(rule) for rule in created]} if created else {}
    answered["meta"] = {"sent": stamp(int(network.clock.now() * 1000)), "summary": summary}
    if errors:
        answered["errors"] = errors
    return answer(answered, status=201 if created else 200)


def _delete(network: Network, wanted: dict[str, Any], *, dry_run: bool) -> Answer:
    rules = network.streams.rules
    values = {str(value) for value in wanted.get("values", [])}
    ids = {str(one) for one in wanted.get("ids", [])}
    found = [rule.id for rule in rules.values() if rule.id in ids or rule.value in values]
    if not dry_run:
        for one in found:
            del rules[one]
    missing = len(ids) + len(values) - len(found)
    meta = {
        "sent": stamp(int(network.clock.now() * 1000)),
        "summary": {"deleted": len(found), "not_deleted": missing},
    }
    return answer({"meta": meta})


def _rule_json(rule: Rule) -> dict[str, str]:
    return {"id": rule.id, "value": rule.value, **({"tag": rule.tag} if rule.tag else {})}


RULES: Final = (
    Endpoint("GET", "/2/tweets/search/stream/rules", "rules", "app", list_rules),
    Endpoint("POST", "/2/tweets/search/stream/rules", "rules", "app", change_rules),
)
