#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_page.py BROWSER DIRECTORY: report.html, compare.html, variants.html and platforms.html as readers
use them.

On a screen, a phone and paper, in the dark, by keyboard and with a screen reader. Prints "ok - …"
and "not ok - …" lines; exits with 2 where the browser cannot be driven.
"""

import os
import re
import sys

from browser import Browser

PAGES = ("report", "compare", "variants", "platforms")
PRINTED = ("platforms",)  # the longest: printing takes seconds
PAPER = 60  # pages that the longest of them may print to
PHONE, SCREEN = 390, 1200
TAB, ENTER = ("Tab", 9), ("Enter", 13)

# Contrast of two colours as WCAG 2.1 defines it.
CONTRAST = """
const channel = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
const rgb = s => s.match(/[0-9.]+/g).map(Number);
const contrast = (a, b) => { const [x, y] = [light(rgb(a)), light(rgb(b))].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05); };
"""


def check(holds, name, *details):
    print("ok" if holds else "not ok", "-", name)
    for line in details if not holds else ():
        print("#", line)


def whole(b, page):
    """Nothing is fetched, nothing complained about, nothing sticks out."""
    check(len(b.requests) == 1, f"{page}: one file is all it takes", *b.requests)
    check(not b.complaints, f"{page}: the browser has no complaint", *b.complaints)
    for width in (SCREEN, PHONE):
        b.resize(width)
        wide = b.ask("document.documentElement.scrollWidth")
        out = b.ask("[...document.querySelectorAll('main *')].filter(e => !e.closest('.wide, svg')"
                    " && e.getBoundingClientRect().right > innerWidth + 1)"
                    ".slice(0, 5).map(e => e.outerHTML.slice(0, 100))")
        check(wide <= width and not out, f"{page}: fits {width} pixels", f"{wide} pixels", *out)


def spoken(b, page):
    """What a screen reader is told, also where tables have become cards."""
    drawn = b.ask("[...document.querySelectorAll('svg[role=img]')].filter(e => e.checkVisibility())"
                  ".length")
    tables = b.ask("[...document.querySelectorAll('table')].filter(e => e.checkVisibility()).length")
    rows = b.ask("[...document.querySelectorAll('tbody tr')].filter(e => e.checkVisibility()).length")
    # Where tables have become cards is the harder case, and asking takes seconds.
    for width in (SCREEN, PHONE) if page == "report" else (PHONE,):
        b.resize(width)
        roles = b.roles()
        check(roles.get("table", 0) == tables and roles.get("row", 0) >= rows and
              roles.get("cell", 0) > rows and roles.get("rowheader", 0) > 0,
              f"{page}: {width} pixels wide, tables are tables to a screen reader",
              f"{tables} tables, {rows} rows: {roles}")
        check(roles.get("image", 0) + roles.get("img", 0) == drawn,
              f"{page}: {width} pixels wide, every plot is an image", f"{drawn} plots: {roles}")
        check(all(roles.get(r) for r in ("banner", "navigation", "main", "contentinfo")),
              f"{page}: {width} pixels wide, it has its landmarks", str(roles))
    nameless = b.ask("[...document.querySelectorAll('svg[role=img]')].filter(e =>"
                     " !e.querySelector('title').textContent.trim() ||"
                     " !e.querySelector('desc').textContent.trim()).length")
    check(nameless == 0, f"{page}: every plot is described")
    silent = b.ask("[...document.querySelectorAll('table')].filter(e => !e.caption ||"
                   " !e.caption.textContent.trim()).length")
    check(silent == 0, f"{page}: every table has a caption")
    mute = b.ask("[...document.querySelectorAll('[tabindex]:not(pre)')].filter(e =>"
                 " !e.getAttribute('role') || !e.getAttribute('aria-label')).length")
    check(mute == 0, f"{page}: whatever the keyboard reaches has a name")
    astray = b.ask("[...document.querySelectorAll('a[href^=\"#\"]')].filter(e =>"
                   " !document.getElementById(e.hash.slice(1))).map(e => e.hash)")
    check(not astray, f"{page}: every link leads somewhere", *astray)


def coloured(b, page):
    """Both palettes can be read; lines differ in more than their colour."""
    for scheme in ("light", "dark"):
        b.media(scheme=scheme)
        poor = b.ask(
            f"(() => {{ {CONTRAST} const s = getComputedStyle(document.documentElement);"
            "const probe = document.body.appendChild(document.createElement('i'));"
            "const ink = n => { probe.style.color = s.getPropertyValue(n);"
            " return getComputedStyle(probe).color; };"
            "const poor = ['text','muted','good','bad','warn','neutral','link','s1','s2','s3','s4',"
            "'s5','s6'].filter(n => contrast(ink('--' + n), ink('--paper')) < 4.5);"
            "probe.remove(); return poor; })()")
        check(not poor, f"{page}: {scheme}, every ink has a contrast of 4.5", *poor)
    dark = b.ask("getComputedStyle(document.body).backgroundColor")
    b.media()
    check(dark != b.ask("getComputedStyle(document.body).backgroundColor"),
          f"{page}: dark is dark")
    alike = b.ask(
        "[...document.querySelectorAll('.curves svg[role=img] > svg')].filter(s => {"
        "const d = [...s.querySelectorAll('path.void')].map(p => p.getAttribute('stroke-dasharray'));"
        "return new Set(d).size < d.length; }).length")
    check(alike == 0, f"{page}: no line of a plot is told by its colour alone")


def by_keyboard(b, page, path):
    b.open(path)
    b.press(*TAB)
    seen = b.ask("(() => { const e = document.activeElement, r = e.getBoundingClientRect();"
                 "return e.className == 'skip' && r.left >= 0 && r.top >= 0; })()")
    check(seen, f"{page}: the first Tab shows the link over the contents")
    b.press(*ENTER)
    check(b.ask("location.hash") == "#main", f"{page}: Enter follows it")
    b.press(*TAB)
    check(b.ask("document.activeElement.closest('main') != null &&"
                "getComputedStyle(document.activeElement).outlineStyle != 'none'"),
          f"{page}: from there Tab goes on in the figures, and shows where it is",
          b.ask("document.activeElement.outerHTML.slice(0, 100)"))
    b.ask("document.querySelector('main summary').focus()")
    b.press(*ENTER)
    check(b.ask("document.querySelector('main summary').parentNode.open"),
          f"{page}: Enter unfolds")


def by_mouse(b):
    check(not b.ask("document.querySelector('.curves').open"), "report: curves are folded")
    b.click(".curves > summary")
    check(b.ask("document.querySelector('.curves').open &&"
                "document.querySelector('.curves svg[role=img]').getBoundingClientRect().height > 100"),
          "report: a click unfolds them")
    for part in ("#distributions", "#trials", "#fits", "#recoveries", "#topology", "#reproduce"):
        check(b.ask(f"document.querySelector('{part}') != null"), f"report: it has {part}")
    check(b.ask("document.querySelectorAll('.trust dt').length") >= 6, "report: it has a trust box")
    check(b.ask("document.querySelectorAll('#reproduce ~ dl dd code').length >= 5 &&"
                "/^[0-9a-f]{64}$/.test([...document.querySelectorAll('dt')].find(e =>"
                " /Plan.s SHA-256/.test(e.textContent)).nextElementSibling.textContent)"),
          "report: how to reproduce names the plan's hash")


def judged(b):
    """Criteria, and what they decided."""
    rows = b.ask("[...document.querySelectorAll('#criteria ~ * tbody tr')].map(e => e.innerText)")
    check(any("exit_cpuid" in r and "passed" in r for r in rows) and
          any("inconclusive" in r for r in rows) and any("syscall" in r for r in rows),
          "report: it judges by limits and requirements, and scores", *rows)
    b.click("nav a[href='#criteria']")
    check(b.ask("Math.abs(document.querySelector('#criteria').getBoundingClientRect().top) < 100"),
          "report: a click leads to limits and scores")
    b.click("nav a[href='#noise']")
    check(b.ask("location.hash == '#noise' && document.querySelectorAll("
                "'section[aria-labelledby=noise] tbody tr').length > 10"),
          "report: a click leads to what aa measured")


def slowed(b):
    """Variants that a run compared."""
    rows = b.ask("[...document.querySelectorAll('section[aria-labelledby=comparison] tbody tr')]"
                 ".map(e => e.innerText)")
    check(any("regressed" in r and "planted 5" in r for r in rows) and
          any("does not gate" in r for r in rows),
          "variants: the planted change is found, and what does not gate says so", *rows)


def reasons(b, path):
    b.open(path)
    b.click("a.why")
    check(b.ask("(() => { const e = document.querySelector(':target');"
                "return e && e.id.startsWith('why') && e.checkVisibility(); })()"),
          "platforms: a click on a reason's number shows the reason")


def printed(b, page):
    b.media(kind="print")
    folded = b.ask("[...document.querySelectorAll('details:not([open])')].filter(d =>"
                   " !d.closest('.many') &&"
                   " d.lastElementChild.getBoundingClientRect().height < 1).length")
    check(folded == 0, f"{page}: nothing but parts of plots is folded on paper",
          f"{folded} parts are")
    silent = b.ask("[...document.querySelectorAll('.many')].filter(m => m.children.length >"
                   " [...m.children].filter(f => f.checkVisibility()).length &&"
                   " !m.nextElementSibling.checkVisibility()).length")
    check(silent == 0, f"{page}: paper says what it leaves out")
    hidden = b.ask("[...document.querySelectorAll('table')].filter(t => !t.closest('.many') &&"
                   " !t.checkVisibility({contentVisibilityAuto: true})).length")
    check(hidden == 0, f"{page}: every table is on paper", f"{hidden} are not")
    check(b.ask("!document.querySelector('nav').checkVisibility()"),
          f"{page}: paper has no links to jump by")
    if page in PRINTED:
        pages = len(re.findall(rb"/Type\s*/Page\b", b.print()))
        check(1 < pages <= PAPER, f"{page}: it prints to at most {PAPER} pages", f"{pages} pages")
    b.media()


def pictures(b, page):
    shots = {}
    for name, width, scheme in (("screen", SCREEN, "light"), ("phone", PHONE, "light"),
                                ("dark", PHONE, "dark")):
        b.resize(width, 1200)
        b.media(scheme=scheme)
        b.ask("document.querySelector('h2[id=matrix], h2[id=measurements], h2[id=comparison]')"
              ".scrollIntoView()")
        shots[name] = b.picture()
    b.media()
    # A blank picture of this size has about 5 kB.
    check(all(len(s) > 20000 for s in shots.values()), f"{page}: its pictures show something",
          str({n: len(s) for n, s in shots.items()}))
    check(shots["dark"] != shots["phone"], f"{page}: a dark picture shows something else")


def main():
    program, directory = sys.argv[1:]
    b = Browser(program, os.path.join(directory, "profile"))
    try:
        b.media()
        for page in PAGES:
            path = os.path.join(directory, page + ".html")
            b.resize(SCREEN)
            b.open(path)
            whole(b, page)
            pictures(b, page)
            if page == "variants":  # made as the other comparison
                slowed(b)
                continue
            spoken(b, page)
            coloured(b, page)
            b.resize(SCREEN)
            by_keyboard(b, page, path)
            if page == "report":
                by_mouse(b)
                judged(b)
            if page == "platforms":
                reasons(b, path)
            printed(b, page)
    finally:
        b.end()


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print("#", error)
        sys.exit(2)
