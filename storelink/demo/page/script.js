"use strict";
const form = document.querySelector(".filters");
const orders = [...document.querySelectorAll("article")];

function filter() {
  const { store, outcome, words } = form.elements;
  const wanted = words.value.trim().toLowerCase();
  for (const order of orders) {
    const { store: name, outcomes, words: text } = order.dataset;
    order.hidden =
      (store.value && store.value !== name) ||
      (outcome.value && !outcomes.split("|").includes(outcome.value)) ||
      !text.includes(wanted);
  }
  const shown = orders.filter((order) => !order.hidden);
  form.querySelector("output").value = `${shown.length} of ${orders.length} orders`;
  document.querySelector(".nothing").hidden = shown.length > 0;
  name_button(shown);
}

function name_button(shown) {
  const closed = shown.some((order) => !order.firstElementChild.open);
  form.elements.unfold.textContent = closed ? "Open all" : "Close all";
}

function unfold() {
  const shown = orders.filter((order) => !order.hidden);
  const open = shown.some((order) => !order.firstElementChild.open);
  for (const order of shown) order.firstElementChild.open = open;
  name_button(shown);
}

/* Scripts are forbidden inside, so that the frame can share the page's origin and be measured. */
function fit(frame) {
  const inside = frame.contentDocument;
  if (inside?.body) frame.style.height = `${inside.body.scrollHeight + 2}px`;
}

function show_linked() {
  const target = orders.find((order) => `#${order.id}` === decodeURIComponent(location.hash));
  if (target) target.firstElementChild.open = true;
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
form.elements.unfold.addEventListener("click", unfold);
for (const frame of document.querySelectorAll("iframe")) {
  frame.addEventListener("load", () => fit(frame));
}
for (const mail of document.querySelectorAll(".mail")) {
  mail.addEventListener("toggle", () => mail.querySelectorAll("iframe").forEach(fit));
}
addEventListener("resize", () => document.querySelectorAll(".mail[open] iframe").forEach(fit));
addEventListener("hashchange", show_linked);
show_linked();
filter();
