"""The page of a hall's screen. Everything on it is filled by `board.js` from the live events."""

from html import escape

PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name} 叫号屏</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="../../../board-assets/board.css">
<script src="../../../board-assets/board.js" defer></script>
</head>
<body data-events="events">
<header>
  <h1>{name}</h1>
  <p id="state" role="status">正在连接…</p>
  <button id="voice" type="button" aria-pressed="false">语音播报：关</button>
  <time id="clock"></time>
</header>
<main>
  <section id="now" class="idle" aria-live="assertive">
    <p class="label">正在叫号</p>
    <p id="speech">请留意叫号</p>
  </section>
  <section id="at-windows" class="calls">
    <h2>窗口叫号</h2>
    <table>
      <thead><tr><th scope="col">号码</th><th scope="col">窗口</th><th scope="col">状态</th></tr></thead>
      <tbody id="calls"></tbody>
    </table>
    <p id="quiet" hidden>暂无叫号</p>
  </section>
  <section id="waiting" class="waiting">
    <h2>等候人数</h2>
    <ul id="groups"></ul>
    <ul id="paused"></ul>
  </section>
</main>
<footer>请留意屏幕与广播。过号请到窗口或咨询台重新排队。</footer>
</body>
</html>
"""


def board_page(name: str) -> str:
    """Return the HTML of a point's screen."""
    return PAGE.format(name=escape(name))
