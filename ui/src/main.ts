import "./styles/base.css";
import "./styles/parts.css";
import "./lib/theme.svelte";
import { mount } from "svelte";
import App from "./shell/App.svelte";

const target = document.getElementById("app");
if (target) mount(App, { target });
