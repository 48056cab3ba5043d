"use strict";

// The board's state: what the last `board` event said, changed by each `change` since.
const state = { calls: new Map(), groups: new Map(), paused: new Map() };
const SMALLEST_TEXT = 0.5;
const CALL_SHOWN_MS = 20000;
const spoken = [];
let voiceOn = false;
let hideCall;

const at = (id) => document.getElementById(id);
const element = (tag, text, className) => {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};

function takeBoard(board) {
  state.calls = new Map(board.calls.map((call) => [call.window, call]));
  state.groups = new Map(board.groups.map((group) => [group.group, group]));
  state.paused = new Map(
    board.windows.filter((w) => w.status === "paused").map((w) => [w.name, w.reason]),
  );
}

function takeChange(change) {
  for (const [code, count] of Object.entries(change.waiting)) {
    const group = state.groups.get(code);
    if (group) group.waiting = count;
  }
  const { step, window: name, number } = change;
  if (step === "called" || step === "recalled") {
    state.calls.set(name, { number, window: name, status: "called", called_at: change.at });
    announce(change.speech);
  } else if (step === "started" && state.calls.has(name)) {
    state.calls.get(name).status = "serving";
  } else if (["finished", "skipped", "transferred", "closed"].includes(step)) {
    const held = state.calls.get(name);
    if (held && held.number === number) state.calls.delete(name);
  } else if (step === "window_paused") {
    state.paused.set(name, change.reason);
  } else if (step && step.startsWith("window_")) {
    state.paused.delete(name);
  } else if (step === "day_closed") {
    state.calls.clear();
  }
}

function announce(text) {
  const now = at("now");
  at("speech").textContent = text;
  now.className = "";
  void now.offsetWidth; // The flash begins anew for each call.
  now.className = "called";
  clearTimeout(hideCall);
  hideCall = setTimeout(() => {
    at("speech").textContent = "请留意叫号";
    now.className = "idle";
  }, CALL_SHOWN_MS);
  if (voiceOn) {
    spoken.push(text, text);
    speakNext();
  }
}

function speakNext() {
  if (!("speechSynthesis" in window) || speechSynthesis.speaking || spoken.length === 0) return;
  const sentence = new SpeechSynthesisUtterance(spoken.shift());
  sentence.lang = "zh-CN";
  sentence.rate = 0.9;
  sentence.onend = speakNext;
  sentence.onerror = speakNext;
  speechSynthesis.speak(sentence);
}

function draw() {
  const calls = [...state.calls.values()]
    .sort((a, b) => b.called_at.localeCompare(a.called_at) || a.number.localeCompare(b.number));
  at("calls").replaceChildren(...calls.map((call) => {
    const row = element("tr", "", call.status);
    row.append(
      element("td", call.number),
      element("td", call.window),
      element("td", call.status === "called" ? "请办理" : "办理中"),
    );
    return row;
  }));
  at("quiet").hidden = calls.length > 0;
  at("groups").replaceChildren(...[...state.groups.values()].map((group) => {
    const row = element("li", group.name);
    const count = element("b", String(group.waiting));
    count.append(element("small", "人"));
    row.append(count);
    return row;
  }));
  at("paused").replaceChildren(...[...state.paused].map(
    ([name, reason]) => element("li", `${name}暂停服务${reason ? `：${reason}` : ""}`),
  ));
  fit();
}

// A hall's screen does not scroll: the oldest calls give way, and the list of groups becomes smaller.
function fit() {
  const overflows = (section) => section.scrollHeight > section.clientHeight;
  while (overflows(at("at-windows")) && at("calls").lastChild) at("calls").lastChild.remove();
  const waiting = at("waiting");
  for (let size = 1; size >= SMALLEST_TEXT; size -= 0.05) {
    waiting.style.fontSize = `${size}rem`;
    if (!overflows(waiting)) break;
  }
}

function follow() {
  const events = new EventSource(document.body.dataset.events);
  const take = (apply) => (event) => {
    apply(JSON.parse(event.data));
    draw();
  };
  events.addEventListener("board", take(takeBoard));
  events.addEventListener("change", take(takeChange));
  events.onopen = () => {
    at("state").textContent = "实时更新";
    at("state").className = "";
  };
  events.onerror = () => {
    at("state").textContent = "连接中断，正在重连…";
    at("state").className = "lost";
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 3000);
  };
}

function tick() {
  at("clock").textContent = new Intl.DateTimeFormat("zh-CN", {
    timeZone: "Asia/Shanghai", month: "long", day: "numeric", weekday: "short",
    hour: "2-digit", minute: "2-digit", hour12: false,
  }).format(new Date());
}

at("voice").addEventListener("click", () => {
  voiceOn = !voiceOn;
  at("voice").textContent = `语音播报：${voiceOn ? "开" : "关"}`;
  at("voice").setAttribute("aria-pressed", String(voiceOn));
});
addEventListener("resize", draw);
tick();
setInterval(tick, 1000);
follow();
