// Opens a page that needs a staff member's token, in a shell that needs none.
// The token is kept for this tab only. A portal that has it hands it over as #token=…, which is never sent to a
// server and is taken out of the address at once.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const KEY = "staff-token";
  const part = (id) => document.getElementById(id);
  const content = part("content");
  const address = (template) => template.replace("{day}", encodeURIComponent(part("day").value));
  const say = (text) => { part("notice").textContent = text; };

  const yesterday = () => {
    const text = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" });
    return text.format(new Date(Date.now() - 24 * 3600 * 1000));
  };

  const show = (isKnown) => {
    part("token-form").hidden = isKnown;
    part("day-form").hidden = !isKnown;
  };

  const leave = (text) => {
    sessionStorage.removeItem(KEY);
    content.replaceChildren();
    show(false);
    say(text);
    part("token").focus();
  };

  // Returns the answer, or null after saying why there is none.
  const ask = async (path) => {
    let answer;
    try {
      answer = await fetch(path, {
        headers: { Authorization: `Bearer ${sessionStorage.getItem(KEY)}` }, cache: "no-store",
      });
    } catch {
      say("网络不通，请稍后再试");
      return null;
    }
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => ({}));
    const text = [problem.title, problem.detail].filter((one, at, all) => one && all.indexOf(one) === at).join("：");
    if (answer.status === 401) leave(text || "登录已失效，请重新登录");
    else say(text || `未能取得（${answer.status}）`);
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

  part("day-form").addEventListener("submit", (event) => { event.preventDefault(); open(); });
  part("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, part("token").value.trim());
    part("token").value = "";
    show(true);
    open();
  });
  part("sheet").addEventListener("click", download);
  part("leave").addEventListener("click", () => leave("已退出"));

  const handed = new URLSearchParams(location.hash.slice(1)).get("token");
  if (handed) {
    sessionStorage.setItem(KEY, handed);
    history.replaceState(null, "", location.pathname + location.search);
  }
  const wanted = new URLSearchParams(location.search).get("day") || "";
  part("day").value = /^\d{4}-\d{2}-\d{2}$/.test(wanted) ? wanted : yesterday();
  const isKnown = sessionStorage.getItem(KEY) !== null;
  show(isKnown);
  if (isKnown) open();
});
