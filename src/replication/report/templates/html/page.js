// Filters the claims, keeps the filter in the address, and opens what the address names.
(function () {
  "use strict";
  function named(id) { return document.getElementById(id); }
  function all(selector) { return Array.from(document.querySelectorAll(selector)); }
  var form = named("filters");
  var fields = [named("by-verdict"), named("by-part"), named("by-text")];
  var claims = all("details.claim");

  function matches(claim) {
    var verdict = fields[0].value, part = fields[1].value;
    var text = claim.querySelector("summary").textContent.toLowerCase();
    var ours = form.dataset.ours === claim.dataset.part;
    return (!verdict || claim.dataset.verdict === verdict) &&
      (!part || claim.dataset.part === part || (part === "paper" && !ours)) &&
      fields[2].value.toLowerCase().split(/\s+/).every(function (word) { return text.includes(word); });
  }
  function show() {
    claims.forEach(function (claim) { claim.hidden = !matches(claim); });
    all("section.part").forEach(function (part) {
      part.hidden = !part.querySelector("details.claim:not([hidden])");
    });
    var count = claims.filter(function (claim) { return !claim.hidden; }).length;
    fields.forEach(function (field) { field.classList.toggle("active", field.value !== ""); });
    named("shown").textContent = count + " of " + claims.length + " claims shown";
    named("none").hidden = count > 0;
  }
  function address() {
    var chosen = fields.filter(function (field) { return field.value; });
    return "#claims" + chosen.map(function (field) {
      return "&" + field.name + "=" + encodeURIComponent(field.value);
    }).join("");
  }
  function choose(values) {
    fields.forEach(function (field) { field.value = values.get(field.name) || ""; });
    show();
  }
  function open(target) {
    for (var part = target; part; part = part.parentElement) {
      if (part.hidden) { choose(new URLSearchParams()); }
      if (part.tagName === "DETAILS") { part.open = true; }
    }
    target.scrollIntoView();
  }
  function follow() {
    var said = location.hash.slice(1).split("&");
    var id = decodeURIComponent(said.shift());
    if (id === "" || id === "claims") { choose(new URLSearchParams(said.join("&"))); }
    if (named(id)) { open(named(id)); }
  }

  form.addEventListener("input", function (event) {
    show();
    history[event.target.type === "search" ? "replaceState" : "pushState"](null, "", address());
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function (event) {
    event.preventDefault();
    location.hash = "#claims";
    choose(new URLSearchParams());
  });
  named("open-all").addEventListener("click", function (event) {
    var shut = event.target.textContent === "Open all";
    claims.forEach(function (claim) { claim.open = shut; });
    event.target.textContent = shut ? "Close all" : "Open all";
  });
  all("a[data-filter]").forEach(function (link) {
    link.setAttribute("href", "#claims&" + link.dataset.filter);
  });
  all("a[href^='#']").forEach(function (link) {  // also where the address is the same already
    link.addEventListener("click", function () { if (link.hash === location.hash) { follow(); } });
  });
  addEventListener("hashchange", follow);
  form.hidden = false;
  show();
  follow();
})();
