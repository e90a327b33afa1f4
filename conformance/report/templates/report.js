"use strict";
(() => {
  const all = (selector, root) => [...(root || document).querySelectorAll(selector)];
  const form = document.querySelector(".filter");
  const text = document.getElementById("text");
  const area = document.getElementById("area");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const cases = all(".case").map((node) => ({
    node,
    outcome: node.dataset.outcome,
    area: node.parentElement.dataset.area,
    words: node.textContent.toLowerCase(),
  }));

  const filter = () => {
    const wanted = all("input:checked", form).map((box) => box.value);
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    for (const item of cases) {
      const fits =
        (!wanted.length || wanted.includes(item.outcome)) &&
        (!area.value || area.value === item.area) &&
        words.every((word) => item.words.includes(word));
      item.node.hidden = !fits;
      number += fits ? 1 : 0;
    }
    for (const group of all(".area")) {
      const visible = all(".case:not([hidden])", group);
      group.hidden = !visible.length;
      all(".first", group).forEach((node) => node.classList.remove("first"));
      if (visible.length) visible[0].classList.add("first");
    }
    shown.textContent = number + " of " + cases.length + " results";
    none.hidden = number > 0;
  };

  const open = () => {
    const node = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!node) return;
    if (node.hidden || node.closest("[hidden]")) {
      form.reset();
      filter();
    }
    if (node.tagName === "DETAILS") node.open = true;
    node.scrollIntoView();
  };

  const copy = async (button) => {
    const block = button.nextElementSibling;
    try {
      await navigator.clipboard.writeText(block.textContent);
      button.textContent = "Copied";
    } catch {
      block.hidden = false;
      getSelection().selectAllChildren(block);
      button.textContent = "Selected: copy it with the keyboard";
    }
  };

  const inline = (link) => {
    const place = link.closest(".body").querySelector(".inline");
    const id = "inline-" + link.hash.slice(1);
    const present = all(".exchange", place).find((node) => node.dataset.id === id);
    if (present) return present.remove();
    const node = document.querySelector(link.hash).cloneNode(true);
    node.removeAttribute("id");
    node.dataset.id = id;
    node.open = true;
    place.append(node);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".copy button");
    if (button) copy(button);
    const link = event.target.closest("a.evidence");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      inline(link);
    }
  });
  const opened = [];
  addEventListener("beforeprint", () => {
    for (const item of cases) {
      if (!["fail", "ignored"].includes(item.outcome) || item.node.open) continue;
      item.node.open = true;
      opened.push(item.node);
    }
  });
  addEventListener("afterprint", () => opened.splice(0).forEach((node) => (node.open = false)));
  addEventListener("hashchange", open);
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  all(".copy").forEach((node) => (node.hidden = false));
  filter();
  if (location.hash) open();
})();
