// Fills a page for staff from the operations behind it. Who looks is known by the session's cookie, which no script
// can read; when it is over, the way leads to the log-in and back to this page.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const part = (id) => document.getElementById(id);
  const content = part("content");
  const address = (template) => template.replace("{day}", encodeURIComponent(part("day").value));
  const say = (text) => { part("notice").textContent = text; };

  const yesterday = () => {
    const text = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" });
    return text.format(new Date(Date.now() - 24 * 3600 * 1000));
  };

  const logIn = () => {
    const here = `${location.pathname}?day=${part("day").value}`;
    location.assign(`/staff/login?next=${encodeURIComponent(here)}`);
  };

  // Returns the answer, or null after saying why there is none.
  const ask = async (path, how) => {
    let answer;
    try {
      answer = await fetch(path, { cache: "no-store", ...how });
    } catch {
      say("网络不通，请稍后再试");
      return null;
    }
    if (answer.ok) return answer;
    if (answer.status === 401) {
      logIn();
      return null;
    }
    const problem = await answer.json().catch(() => ({}));
    const text = [problem.title, problem.detail].filter((one, at, all) => one && all.indexOf(one) === at).join("：");
    say(text || `未能取得（${answer.status}）`);
    return null;
  };

  const open = async () => {
    say("");
    content.setAttribute("aria-busy", "true");
    const answer = await ask(address(document.body.dataset.page));
    content.removeAttribute("aria-busy");
    content.replaceChildren();
    if (!answer) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.querySelector("main");
    content.replaceChildren(...document.adoptNode(main).childNodes);
    document.title = page.title;
    document.querySelector("header.top p").textContent = page.querySelector("header.top p").textContent;
    history.replaceState(null, "", `?day=${part("day").value}`);
    drawCharts(content);
  };

  const download = async () => {
    say("");
    const answer = await ask(address(document.body.dataset.sheet));
    if (!answer) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `digest-${part("day").value}.xlsx`;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  const leave = async () => {
    const answer = await ask("/staff/logout", { method: "POST" });
    if (answer) location.assign((await answer.json()).next);
  };

  part("day-form").addEventListener("submit", (event) => { event.preventDefault(); open(); });
  part("sheet").addEventListener("click", download);
  part("leave").addEventListener("click", leave);

  const wanted = new URLSearchParams(location.search).get("day") || "";
  part("day").value = /^\d{4}-\d{2}-\d{2}$/.test(wanted) ? wanted : yesterday();
  open();
});
