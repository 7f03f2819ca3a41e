/**
 * The pictures the widget and the parts themselves need: Lucide's, as they come (ISC). Each costs the widget about 90 bytes, so what
 * only a desk needs stands in icons-desk.ts.
 */
import x from "lucide-static/icons/x.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import checkCheck from "lucide-static/icons/check-check.svg?raw";
import chevronDown from "lucide-static/icons/chevron-down.svg?raw";
import chevronRight from "lucide-static/icons/chevron-right.svg?raw";
import arrowLeft from "lucide-static/icons/arrow-left.svg?raw";
import arrowRight from "lucide-static/icons/arrow-right.svg?raw";
import arrowDown from "lucide-static/icons/arrow-down.svg?raw";
import phone from "lucide-static/icons/phone.svg?raw";
import phoneOff from "lucide-static/icons/phone-off.svg?raw";
import video from "lucide-static/icons/video.svg?raw";
import videoOff from "lucide-static/icons/video-off.svg?raw";
import mic from "lucide-static/icons/mic.svg?raw";
import micOff from "lucide-static/icons/mic-off.svg?raw";
import monitorUp from "lucide-static/icons/monitor-up.svg?raw";
import monitorOff from "lucide-static/icons/monitor-off.svg?raw";
import messageCircle from "lucide-static/icons/message-circle.svg?raw";
import send from "lucide-static/icons/send.svg?raw";
import paperclip from "lucide-static/icons/paperclip.svg?raw";
import smile from "lucide-static/icons/smile.svg?raw";
import search from "lucide-static/icons/search.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import minus from "lucide-static/icons/minus.svg?raw";
import ellipsis from "lucide-static/icons/ellipsis.svg?raw";
import circleAlert from "lucide-static/icons/circle-alert.svg?raw";
import triangleAlert from "lucide-static/icons/triangle-alert.svg?raw";
import info from "lucide-static/icons/info.svg?raw";
import circleCheck from "lucide-static/icons/circle-check.svg?raw";
import wifiOff from "lucide-static/icons/wifi-off.svg?raw";
import clock from "lucide-static/icons/clock.svg?raw";
import user from "lucide-static/icons/user.svg?raw";
import shoppingCart from "lucide-static/icons/shopping-cart.svg?raw";
import parcel from "lucide-static/icons/package.svg?raw";
import creditCard from "lucide-static/icons/credit-card.svg?raw";
import tag from "lucide-static/icons/tag.svg?raw";
import fileText from "lucide-static/icons/file-text.svg?raw";
import image from "lucide-static/icons/image.svg?raw";
import download from "lucide-static/icons/download.svg?raw";
import externalLink from "lucide-static/icons/external-link.svg?raw";
import eye from "lucide-static/icons/eye.svg?raw";
import eyeOff from "lucide-static/icons/eye-off.svg?raw";
import settings from "lucide-static/icons/settings.svg?raw";
import trash2 from "lucide-static/icons/trash-2.svg?raw";
import star from "lucide-static/icons/star.svg?raw";
import loaderCircle from "lucide-static/icons/loader-circle.svg?raw";
import pictureInPicture2 from "lucide-static/icons/picture-in-picture-2.svg?raw";
import maximize2 from "lucide-static/icons/maximize-2.svg?raw";
import minimize2 from "lucide-static/icons/minimize-2.svg?raw";
import refreshCw from "lucide-static/icons/refresh-cw.svg?raw";
import shieldCheck from "lucide-static/icons/shield-check.svg?raw";
import volume2 from "lucide-static/icons/volume-2.svg?raw";
import circleDot from "lucide-static/icons/circle-dot.svg?raw";
import logOut from "lucide-static/icons/log-out.svg?raw";
import pencil from "lucide-static/icons/pencil.svg?raw";
import reply from "lucide-static/icons/reply.svg?raw";
import truck from "lucide-static/icons/truck.svg?raw";
import mail from "lucide-static/icons/mail.svg?raw";
import phoneCall from "lucide-static/icons/phone-call.svg?raw";
import volumeX from "lucide-static/icons/volume-x.svg?raw";

export const icons = {
  x,
  check,
  "check-check": checkCheck,
  "chevron-down": chevronDown,
  "chevron-right": chevronRight,
  "arrow-left": arrowLeft,
  "arrow-right": arrowRight,
  "arrow-down": arrowDown,
  phone,
  "phone-off": phoneOff,
  video,
  "video-off": videoOff,
  mic,
  "mic-off": micOff,
  "monitor-up": monitorUp,
  "monitor-off": monitorOff,
  "message-circle": messageCircle,
  send,
  paperclip,
  smile,
  search,
  plus,
  minus,
  ellipsis,
  "circle-alert": circleAlert,
  "triangle-alert": triangleAlert,
  info,
  "circle-check": circleCheck,
  "wifi-off": wifiOff,
  clock,
  user,
  "shopping-cart": shoppingCart,
  package: parcel,
  "credit-card": creditCard,
  tag,
  "file-text": fileText,
  image,
  download,
  "external-link": externalLink,
  eye,
  "eye-off": eyeOff,
  settings,
  "trash-2": trash2,
  star,
  "loader-circle": loaderCircle,
  "picture-in-picture-2": pictureInPicture2,
  "maximize-2": maximize2,
  "minimize-2": minimize2,
  "refresh-cw": refreshCw,
  "shield-check": shieldCheck,
  "volume-2": volume2,
  "circle-dot": circleDot,
  "log-out": logOut,
  pencil,
  reply,
  truck,
  mail,
  "phone-call": phoneCall,
  "volume-x": volumeX,
} as const;
