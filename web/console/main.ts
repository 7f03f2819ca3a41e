/** The console's entry: looks, icons, and the one element on the page. */
import "../ui/page.css";
import "../ui/icons-desk";
import "./console";
