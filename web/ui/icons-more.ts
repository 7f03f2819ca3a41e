/**
 * Pictures of what not every visitor sees: calls, carts, cards, files, menus. A module of the widget that shows one does
 * `import "../../ui/icons-more"`, and `<tresen-ui-icon>` knows them from then on.
 */
import checkCheck from "lucide-static/icons/check-check.svg?raw";
import arrowRight from "lucide-static/icons/arrow-right.svg?raw";
import phoneOff from "lucide-static/icons/phone-off.svg?raw";
import videoOff from "lucide-static/icons/video-off.svg?raw";
import mic from "lucide-static/icons/mic.svg?raw";
import micOff from "lucide-static/icons/mic-off.svg?raw";
import monitorUp from "lucide-static/icons/monitor-up.svg?raw";
import monitorOff from "lucide-static/icons/monitor-off.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import minus from "lucide-static/icons/minus.svg?raw";
import clock from "lucide-static/icons/clock.svg?raw";
import shoppingCart from "lucide-static/icons/shopping-cart.svg?raw";
import parcel from "lucide-static/icons/package.svg?raw";
import creditCard from "lucide-static/icons/credit-card.svg?raw";
import tag from "lucide-static/icons/tag.svg?raw";
import download from "lucide-static/icons/download.svg?raw";
import externalLink from "lucide-static/icons/external-link.svg?raw";
import eye from "lucide-static/icons/eye.svg?raw";
import eyeOff from "lucide-static/icons/eye-off.svg?raw";
import settings from "lucide-static/icons/settings.svg?raw";
import pictureInPicture2 from "lucide-static/icons/picture-in-picture-2.svg?raw";
import maximize2 from "lucide-static/icons/maximize-2.svg?raw";
import minimize2 from "lucide-static/icons/minimize-2.svg?raw";
import refreshCw from "lucide-static/icons/refresh-cw.svg?raw";
import shieldCheck from "lucide-static/icons/shield-check.svg?raw";
import volume2 from "lucide-static/icons/volume-2.svg?raw";
import circleDot from "lucide-static/icons/circle-dot.svg?raw";
import logOut from "lucide-static/icons/log-out.svg?raw";
import truck from "lucide-static/icons/truck.svg?raw";
import captions from "lucide-static/icons/captions.svg?raw";
import volumeX from "lucide-static/icons/volume-x.svg?raw";
import { addIcons } from "./icon";

export const more = {
  captions,
  "check-check": checkCheck,
  "arrow-right": arrowRight,
  "phone-off": phoneOff,
  "video-off": videoOff,
  mic,
  "mic-off": micOff,
  "monitor-up": monitorUp,
  "monitor-off": monitorOff,
  plus,
  minus,
  clock,
  "shopping-cart": shoppingCart,
  package: parcel,
  "credit-card": creditCard,
  tag,
  download,
  "external-link": externalLink,
  eye,
  "eye-off": eyeOff,
  settings,
  "picture-in-picture-2": pictureInPicture2,
  "maximize-2": maximize2,
  "minimize-2": minimize2,
  "refresh-cw": refreshCw,
  "shield-check": shieldCheck,
  "volume-2": volume2,
  "circle-dot": circleDot,
  "log-out": logOut,
  truck,
  "volume-x": volumeX,
} as const;

addIcons(more);
