/** Pictures that the visitor's side needs besides those every face has. */
import pencil from "lucide-static/icons/pencil.svg?raw";
import phoneCall from "lucide-static/icons/phone-call.svg?raw";
import reply from "lucide-static/icons/reply.svg?raw";
import truck from "lucide-static/icons/truck.svg?raw";
import volumeX from "lucide-static/icons/volume-x.svg?raw";
import mail from "lucide-static/icons/mail.svg?raw";
import { addIcons } from "../ui/icon";

addIcons({ pencil, "phone-call": phoneCall, reply, truck, "volume-x": volumeX, mail });
