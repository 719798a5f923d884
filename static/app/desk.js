// What the pages are more pleasant with. Everything works without it.

const typing = (el) => el.closest("input, textarea, select, [contenteditable]");

// "/" goes to the search box.
document.addEventListener("keydown", (e) => {
  if (e.ctrlKey && e.key === "Enter" && e.target.form) {
    e.target.form.requestSubmit();
  }
  if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
  const box = document.getElementById("search");
  if (box) {
    e.preventDefault();
    box.focus();
    box.select();
  }
});

// Menus close on Escape and when focus or the pointer goes elsewhere.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
};
document.addEventListener("click", (e) => closeMenus(e.target.closest("details.menu")));
document.addEventListener("focusin", (e) => closeMenus(e.target.closest("details.menu")));
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});

// Copy buttons show themselves only where they can work.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.textContent.trim());
    say("Copied.");
  });
}

// Results are told in the one live region.
const say = (text) => {
  const region = document.getElementById("live");
  if (region) region.textContent = text;
};

// Ages count on while the page stands.
const units = [
  [60, "s"],
  [3600, "min"],
  [86400, "h"],
  [Infinity, "d"],
];
const size = { s: 1, min: 60, h: 3600, d: 86400 };
const age = (seconds) => {
  const [, unit] = units.find(([limit]) => seconds < limit);
  return `${Math.floor(seconds / size[unit])} ${unit}`;
};
const tick = () => {
  for (const el of document.querySelectorAll("time[data-ago]")) {
    const seconds = (Date.now() - Date.parse(el.dateTime)) / 1000;
    if (seconds >= 60) el.textContent = age(seconds);
  }
};
setInterval(tick, 30_000);

// The ticket form shows only the fields that its category needs or takes.
const form = document.querySelector("form[data-ticket]");
if (form) {
  const follow = () => {
    const chosen = form.querySelector("[name=category]:checked");
    for (const part of form.querySelectorAll("[data-for]")) {
      const wanted = part.dataset.for.split(" ");
      part.hidden = !wanted.includes(chosen ? chosen.value || "none" : "none");
    }
  };
  form.addEventListener("change", follow);
  window.addEventListener("pageshow", follow); // after the browser has put back what was chosen
  follow();
}

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (e) => {
  if (e.target.dataset.sent) {
    e.preventDefault();
    return;
  }
  if (e.target.method === "post") e.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const sent of document.querySelectorAll("form[data-sent]")) delete sent.dataset.sent;
});
