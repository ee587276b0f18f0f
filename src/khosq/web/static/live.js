// Keeps the region marked data-live up to date: fetches its fragment every two seconds and swaps it in when it changed.
(() => {
  "use strict";
  const region = document.querySelector("[data-live]");
  if (!region) return;
  const EVERY = 2000;
  const WHEN_HIDDEN = 15000;
  let shown = null;

  function swap(html) {
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    region.innerHTML = html;
    if (focused) document.getElementById(focused)?.focus();
  }

  async function refresh() {
    let goesOn = true;
    try {
      const answer = await fetch(region.dataset.live, { credentials: "same-origin", cache: "no-store" });
      if (answer.status === 401) {
        location.reload();
        return;
      }
      if (answer.ok) {
        const html = await answer.text();
        if (html !== shown) swap(html);
        shown = html;
        goesOn = !answer.headers.has("x-khosq-final");
      }
      region.toggleAttribute("data-stale", !answer.ok);
    } catch {
      region.setAttribute("data-stale", "");
    }
    if (goesOn) setTimeout(refresh, document.hidden ? WHEN_HIDDEN : EVERY);
  }

  setTimeout(refresh, EVERY);
})();
