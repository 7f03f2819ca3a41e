/**
 * The pictures only the console, the shop and the gallery need: `import "../ui/icons-desk"` once, and `<tresen-ui-icon>` knows them.
 */
import chevronUp from "lucide-static/icons/chevron-up.svg?raw";
import chevronLeft from "lucide-static/icons/chevron-left.svg?raw";
import phoneForwarded from "lucide-static/icons/phone-forwarded.svg?raw";
import phoneIncoming from "lucide-static/icons/phone-incoming.svg?raw";
import phoneMissed from "lucide-static/icons/phone-missed.svg?raw";
import messagesSquare from "lucide-static/icons/messages-square.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import userCheck from "lucide-static/icons/user-check.svg?raw";
import userPlus from "lucide-static/icons/user-plus.svg?raw";
import userX from "lucide-static/icons/user-x.svg?raw";
import ticketPercent from "lucide-static/icons/ticket-percent.svg?raw";
import receipt from "lucide-static/icons/receipt.svg?raw";
import undo2 from "lucide-static/icons/undo-2.svg?raw";
import redo2 from "lucide-static/icons/redo-2.svg?raw";
import pause from "lucide-static/icons/pause.svg?raw";
import play from "lucide-static/icons/play.svg?raw";
import circlePause from "lucide-static/icons/circle-pause.svg?raw";
import upload from "lucide-static/icons/upload.svg?raw";
import copy from "lucide-static/icons/copy.svg?raw";
import link from "lucide-static/icons/link.svg?raw";
import ear from "lucide-static/icons/ear.svg?raw";
import headphones from "lucide-static/icons/headphones.svg?raw";
import lock from "lucide-static/icons/lock.svg?raw";
import languages from "lucide-static/icons/languages.svg?raw";
import slidersHorizontal from "lucide-static/icons/sliders-horizontal.svg?raw";
import bell from "lucide-static/icons/bell.svg?raw";
import bellOff from "lucide-static/icons/bell-off.svg?raw";
import thumbsUp from "lucide-static/icons/thumbs-up.svg?raw";
import thumbsDown from "lucide-static/icons/thumbs-down.svg?raw";
import quote from "lucide-static/icons/quote.svg?raw";
import keyboard from "lucide-static/icons/keyboard.svg?raw";
import layoutDashboard from "lucide-static/icons/layout-dashboard.svg?raw";
import chartLine from "lucide-static/icons/chart-line.svg?raw";
import chartColumn from "lucide-static/icons/chart-column.svg?raw";
import activity from "lucide-static/icons/activity.svg?raw";
import gauge from "lucide-static/icons/gauge.svg?raw";
import signal from "lucide-static/icons/signal.svg?raw";
import signalLow from "lucide-static/icons/signal-low.svg?raw";
import signalMedium from "lucide-static/icons/signal-medium.svg?raw";
import signalHigh from "lucide-static/icons/signal-high.svg?raw";
import camera from "lucide-static/icons/camera.svg?raw";
import hand from "lucide-static/icons/hand.svg?raw";
import columns2 from "lucide-static/icons/columns-2.svg?raw";
import arrowRightLeft from "lucide-static/icons/arrow-right-left.svg?raw";
import history from "lucide-static/icons/history.svg?raw";
import zap from "lucide-static/icons/zap.svg?raw";
import sparkles from "lucide-static/icons/sparkles.svg?raw";
import inbox from "lucide-static/icons/inbox.svg?raw";
import list from "lucide-static/icons/list.svg?raw";
import stickyNote from "lucide-static/icons/sticky-note.svg?raw";
import mapPin from "lucide-static/icons/map-pin.svg?raw";
import flag from "lucide-static/icons/flag.svg?raw";
import house from "lucide-static/icons/house.svg?raw";
import menu from "lucide-static/icons/menu.svg?raw";
import panelRight from "lucide-static/icons/panel-right.svg?raw";
import circleQuestionMark from "lucide-static/icons/circle-question-mark.svg?raw";
import badgeCheck from "lucide-static/icons/badge-check.svg?raw";
import hourglass from "lucide-static/icons/hourglass.svg?raw";
import trendingUp from "lucide-static/icons/trending-up.svg?raw";
import trendingDown from "lucide-static/icons/trending-down.svg?raw";
import bot from "lucide-static/icons/bot.svg?raw";
import store from "lucide-static/icons/store.svg?raw";
import globe from "lucide-static/icons/globe.svg?raw";
import calendarClock from "lucide-static/icons/calendar-clock.svg?raw";
import rotateCcw from "lucide-static/icons/rotate-ccw.svg?raw";
import shoppingBag from "lucide-static/icons/shopping-bag.svg?raw";
import heart from "lucide-static/icons/heart.svg?raw";
import arrowUpDown from "lucide-static/icons/arrow-up-down.svg?raw";
import circleX from "lucide-static/icons/circle-x.svg?raw";
import circle from "lucide-static/icons/circle.svg?raw";
import minimize from "lucide-static/icons/minimize.svg?raw";
import maximize from "lucide-static/icons/maximize.svg?raw";
import merge from "lucide-static/icons/merge.svg?raw";
import megaphone from "lucide-static/icons/megaphone.svg?raw";
import coffee from "lucide-static/icons/coffee.svg?raw";
import moon from "lucide-static/icons/moon.svg?raw";
import sun from "lucide-static/icons/sun.svg?raw";
import messageSquareText from "lucide-static/icons/message-square-text.svg?raw";
import cornerDownLeft from "lucide-static/icons/corner-down-left.svg?raw";
import atSign from "lucide-static/icons/at-sign.svg?raw";
import key from "lucide-static/icons/key.svg?raw";
import filter from "lucide-static/icons/filter.svg?raw";
import save from "lucide-static/icons/save.svg?raw";
import percent from "lucide-static/icons/percent.svg?raw";
import contrast from "lucide-static/icons/contrast.svg?raw";

import { addIcons } from "./icon";
import "./icons-more";

export const desk = {
  "chevron-up": chevronUp,
  "chevron-left": chevronLeft,
  "phone-forwarded": phoneForwarded,
  "phone-incoming": phoneIncoming,
  "phone-missed": phoneMissed,
  "messages-square": messagesSquare,
  users,
  "user-check": userCheck,
  "user-plus": userPlus,
  "user-x": userX,
  "ticket-percent": ticketPercent,
  receipt,
  "undo-2": undo2,
  "redo-2": redo2,
  pause,
  play,
  "circle-pause": circlePause,
  upload,
  copy,
  link,
  ear,
  headphones,
  lock,
  languages,
  "sliders-horizontal": slidersHorizontal,
  bell,
  "bell-off": bellOff,
  "thumbs-up": thumbsUp,
  "thumbs-down": thumbsDown,
  quote,
  keyboard,
  "layout-dashboard": layoutDashboard,
  "chart-line": chartLine,
  "chart-column": chartColumn,
  activity,
  gauge,
  signal,
  "signal-low": signalLow,
  "signal-medium": signalMedium,
  "signal-high": signalHigh,
  camera,
  hand,
  "columns-2": columns2,
  "arrow-right-left": arrowRightLeft,
  history,
  zap,
  sparkles,
  inbox,
  list,
  "sticky-note": stickyNote,
  "map-pin": mapPin,
  flag,
  house,
  menu,
  "panel-right": panelRight,
  "circle-question-mark": circleQuestionMark,
  "badge-check": badgeCheck,
  hourglass,
  "trending-up": trendingUp,
  "trending-down": trendingDown,
  bot,
  store,
  globe,
  "calendar-clock": calendarClock,
  "rotate-ccw": rotateCcw,
  "shopping-bag": shoppingBag,
  heart,
  "arrow-up-down": arrowUpDown,
  "circle-x": circleX,
  circle,
  minimize,
  maximize,
  merge,
  megaphone,
  coffee,
  moon,
  sun,
  "message-square-text": messageSquareText,
  "corner-down-left": cornerDownLeft,
  "at-sign": atSign,
  key,
  filter,
  save,
  percent,
  contrast,
} as const;

addIcons(desk);
