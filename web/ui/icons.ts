/**
 * The pictures the parts themselves and the widget's home and chat need: Lucide's, as they come (ISC). The widget fetches them all when
 * it is opened; what only a call, a card or a menu shows stands in icons-more.ts, what only a desk needs in icons-desk.ts.
 */
import x from "lucide-static/icons/x.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import chevronDown from "lucide-static/icons/chevron-down.svg?raw";
import chevronRight from "lucide-static/icons/chevron-right.svg?raw";
import arrowLeft from "lucide-static/icons/arrow-left.svg?raw";
import arrowDown from "lucide-static/icons/arrow-down.svg?raw";
import phone from "lucide-static/icons/phone.svg?raw";
import video from "lucide-static/icons/video.svg?raw";
import messageCircle from "lucide-static/icons/message-circle.svg?raw";
import send from "lucide-static/icons/send.svg?raw";
import paperclip from "lucide-static/icons/paperclip.svg?raw";
import smile from "lucide-static/icons/smile.svg?raw";
import search from "lucide-static/icons/search.svg?raw";
import ellipsis from "lucide-static/icons/ellipsis.svg?raw";
import circleAlert from "lucide-static/icons/circle-alert.svg?raw";
import triangleAlert from "lucide-static/icons/triangle-alert.svg?raw";
import info from "lucide-static/icons/info.svg?raw";
import circleCheck from "lucide-static/icons/circle-check.svg?raw";
import wifiOff from "lucide-static/icons/wifi-off.svg?raw";
import user from "lucide-static/icons/user.svg?raw";
import fileText from "lucide-static/icons/file-text.svg?raw";
import image from "lucide-static/icons/image.svg?raw";
import trash2 from "lucide-static/icons/trash-2.svg?raw";
import star from "lucide-static/icons/star.svg?raw";
import loaderCircle from "lucide-static/icons/loader-circle.svg?raw";
import pencil from "lucide-static/icons/pencil.svg?raw";
import reply from "lucide-static/icons/reply.svg?raw";
import mail from "lucide-static/icons/mail.svg?raw";
import phoneCall from "lucide-static/icons/phone-call.svg?raw";

export const icons = {
  x,
  check,
  "chevron-down": chevronDown,
  "chevron-right": chevronRight,
  "arrow-left": arrowLeft,
  "arrow-down": arrowDown,
  phone,
  video,
  "message-circle": messageCircle,
  send,
  paperclip,
  smile,
  search,
  ellipsis,
  "circle-alert": circleAlert,
  "triangle-alert": triangleAlert,
  info,
  "circle-check": circleCheck,
  "wifi-off": wifiOff,
  user,
  "file-text": fileText,
  image,
  "trash-2": trash2,
  star,
  "loader-circle": loaderCircle,
  pencil,
  reply,
  mail,
  "phone-call": phoneCall,
} as const;
