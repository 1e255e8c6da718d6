"use strict";
// An item as a person reads it: the question, documents, references, responses side by side.

const ROLES = { user: "User", assistant: "Assistant", system: "System" };

function drawn(parts, className = "text") {
  return parts.map((part) => {
    if (part.image !== undefined) return made("img", { src: part.image, alt: "an image of the item" });
    if (part.note !== undefined) return made("p", { class: "note" }, part.note);
    return textBlock(part.text, className);
  });
}

function block(title, parts, className = "block") {
  return made("section", { class: className }, made("h3", {}, ...title), ...drawn(parts));
}

/** Write an item; `mark` gives what stands beside the name of a response. */
function itemParts(item, mark = () => "") {
  const turns = item.conversation;
  const parts = turns.map((turn) => block([turns.length === 1 ? "Question" : ROLES[turn.role] ?? turn.role], turn.parts, "block asked"));
  item.context.forEach((text, i) => parts.push(block([item.context.length > 1 ? `Document ${i + 1}` : "Document"], [{ text }])));
  item.references.forEach((text, i) => parts.push(block([item.references.length > 1 ? `Reference answer ${i + 1}` : "Reference answer"], [{ text }])));
  const responses = made("div", { class: item.responses.length === 2 ? "responses two" : "responses" });
  item.responses.forEach((one, i) => responses.append(block([one.name, mark(i)], one.parts)));
  return [...parts, responses];
}
