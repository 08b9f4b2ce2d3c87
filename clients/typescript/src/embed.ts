/** The browser's side of embedding, typed: `embed.js` of the portal does the work (docs/embedding.md). */

export interface Theme {
  mode?: "light" | "dark" | "system";
  accent?: string;
  accent_dark?: string;
  radius?: number;
  font?: "portal" | "system";
}

export interface Mount {
  /** Return a new link of your backend's `POST /v1/portal_sessions`, for this view. */
  url: (view?: string) => Promise<string>;
  view?: string;
  theme?: Theme;
  /** The least and the most that the frame is high, in pixels. */
  height?: [number, number];
  /** What the frame is called, what is said where it could not be loaded, and on the button that tries again. */
  title?: string;
  lost?: string;
  retry?: string;
}

export interface Mounted {
  frame: HTMLIFrameElement;
  /** Done once the frame has its address. */
  ready: Promise<void>;
  theme: (next: Theme) => void;
  open: (view: string) => Promise<void>;
}

export interface Embed {
  mount: (place: Element, options: Mount) => Mounted;
}

declare global {
  interface Window {
    Purser?: Embed;
  }
}

/** Load `embed.js` of the portal, once, and return what it can do. */
export function embed(portal: string): Promise<Embed> {
  return new Promise((done, failed) => {
    if (window.Purser) return done(window.Purser);
    const script = document.createElement("script");
    script.src = new URL("/static/embed.js", portal).href;
    script.onload = () => (window.Purser ? done(window.Purser) : failed(new Error("embed.js has not begun.")));
    script.onerror = () => failed(new Error("embed.js could not be loaded."));
    document.head.append(script);
  });
}
