import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fingerprintedPaths } from "../../builder/fingerprint.ts";

/** Of these paths, in their order, those that are fingerprinted. */
function fingerprintedOf(paths: readonly string[], inSource: readonly string[] = []): string[] {
  const found = fingerprintedPaths(paths.map((path) => ({ path, inSource: inSource.includes(path) })));
  return paths.filter((path) => found.has(path));
}

describe("names that bundlers make", () => {
  it.each([
    ["Vite", "assets/index-D64VDMd1.css"],
    ["Vite, a hash with a dash", "assets/index-DK-a_b3c.js"],
    ["Vite, a hash of letters", "assets/vendor-DkNLtGmH.js"],
    ["Vite, an image", "assets/react-CHdo91hT.svg"],
    ["Vite, a source map", "assets/index-BxYz12_a.js.map"],
    ["Vite legacy", "assets/polyfills-legacy-B4kXq9Tz.js"],
    ["Rollup 2", "assets/index.4e1f2a9c.js"],
    ["webpack", "main.3f2c6a3d9cbe2c1dab10.js"],
    ["Create React App", "static/js/787.28cb0dcd.chunk.js"],
    ["Create React App, styles", "static/css/main.f855e6bc.css.map"],
    ["Next.js", "_next/static/chunks/framework-2c79e2a64abdb08b.js"],
    ["Angular", "main-5FA4XJQT.js"],
    ["esbuild", "chunk-7WQZLI3S.js"],
    ["Vite, a hash without small letters", "assets/vite-BF8QNONU.svg"],
    ["Parcel", "index.a2f5cbd1.css"],
    ["SvelteKit", "_app/immutable/entry/start.DkNLt8mH.js"],
    ["Astro", "_astro/index.DxYl2n3r.css"],
    ["Workbox", "workbox-4754cb34.js"],
    ["compressed beside it", "assets/index-D64VDMd1.js.br"],
    ["wasm", "assets/engine-C8sG_w1p.wasm"],
  ])("%s: %s", (_, path) => {
    expect(fingerprintedOf([path])).toEqual([path]);
  });
});

describe("names that are no fingerprint", () => {
  it.each([
    "index.html",
    "about-D64VDMd1.html",
    "sw.js",
    "service-worker.js",
    "registerSW.js",
    "manifest.webmanifest",
    "robots.txt",
    "sitemap-a1b2c3d4.xml",
    "api/users/a1b2c3d4.json",
    "favicon.ico",
    "assets/app.js",
    "assets/photo-gallery.js",
    "assets/photo-20240101.jpg",
    "photos/20240101.jpg",
    "assets/hero-1280x720.png",
    "assets/icon-version2.png",
    "assets/logo-variant1.svg",
    "assets/vendor-react-19.js",
    "assets/widget-QRReader.js",
    "assets/widget-HTMLPage.js",
    "assets/widget-step2Foo.js",
    "assets/widget-LICENSES.js",
    "assets/widget-DSC00012.jpg",
    "js/jquery-3.7.1.min.js",
    "js/polyfills-es2015.js",
    "fonts/roboto-v30-latin-regular.woff2",
    "images/e3b0c442-98fc-1c14-9afb-4c8996fb9242.jpg",
    "images/post-507f1f77bcf86cd799439011.jpg",
    "avatars/u1a2b3c4.png",
    "data-1700000000.js",
    "D64VDMd1.js",
  ])("%s", (path) => {
    expect(fingerprintedOf([path])).toEqual([]);
  });

  it("includes what was copied from the source", () => {
    const copied = "logo-D64VDMd1.svg";
    expect(fingerprintedOf([copied, "assets/index-GpEN3EET.js"], [copied])).toEqual(["assets/index-GpEN3EET.js"]);
  });
});

describe("a hash that could be a word", () => {
  it("counts where the whole folder is hashed", () => {
    const paths = ["assets/index-D64VDMd1.js", "assets/vite-QNONUBFA.svg", "assets/about-helloabc.js"];
    expect(fingerprintedOf(paths)).toEqual(paths);
  });

  it("does not where a sibling has a plain name", () => {
    expect(fingerprintedOf(["assets/index-D64VDMd1.js", "assets/about-sections.js", "assets/plain.js"])).toEqual([
      "assets/index-D64VDMd1.js",
    ]);
  });

  it("does not where no sibling is surely hashed", () => {
    expect(fingerprintedOf(["pages/photo-gallery1.js", "pages/about-sections.js"])).toEqual([]);
  });

  it("is not judged by copied siblings", () => {
    const paths = ["a/index-D64VDMd1.js", "a/about-helloabc.js", "a/favicon.svg"];
    expect(fingerprintedOf(paths, ["a/favicon.svg"])).toEqual(["a/index-D64VDMd1.js", "a/about-helloabc.js"]);
  });

  it("is never a number", () => {
    expect(fingerprintedOf(["a/index-D64VDMd1.js", "a/photo-20240101.jpg"])).toEqual(["a/index-D64VDMd1.js"]);
  });
});

describe("a name that is nothing but a hash", () => {
  it("counts in a folder of such names", () => {
    const chunks = ["chunks/BxYz12_a.js", "chunks/Cq8-Lm3x.js"];
    expect(fingerprintedOf(chunks)).toEqual(chunks);
  });

  it("does not beside plain names", () => {
    expect(fingerprintedOf(["pages/QRCode3D.js", "pages/home.js"])).toEqual([]);
  });
});

it("a name made to be slow to match is matched at once", () => {
  const started = performance.now();
  fingerprintedOf([`assets/x-${"a".repeat(60)}1b.js`, `assets/${"-".repeat(900)}.js`, `${".chunk".repeat(150)}.js`]);
  expect(performance.now() - started).toBeLessThan(1_000);
});

describe("for any files", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,24}\.(?:js|css|png|html|txt|json)$/);
  const files = fc.uniqueArray(fc.tuple(fc.constantFrom("", "a/", "a/b/"), name), { maxLength: 12 });

  it("html, data and files of the source are never fingerprinted", () => {
    fc.assert(
      fc.property(files, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (paths, inSource) => {
        const input = paths.map(([folder, base], index) => ({
          path: folder + base,
          inSource: inSource[index] === true,
        }));
        for (const path of fingerprintedPaths(input)) {
          expect(path).not.toMatch(/\.(?:html|txt|json)$/);
          expect(input.find((file) => file.path === path)?.inSource).toBe(false);
        }
      }),
    );
  });

  it("the order does not matter", () => {
    fc.assert(
      fc.property(files, (paths) => {
        const input = paths.map(([folder, base]) => folder + base);
        expect(fingerprintedOf(input.toReversed())).toEqual(fingerprintedOf(input).toReversed());
      }),
    );
  });

  it("a hashed name in a hashed folder is found", () => {
    const hash = fc.stringMatching(/^[A-Za-z0-9_-]{8}$/).filter((text) => !/^\d+$/.test(text));
    fc.assert(
      fc.property(hash, (text) => {
        const path = `assets/chunk-${text}.js`;
        expect(fingerprintedOf(["assets/index-D64VDMd1.js", path])).toContain(path);
      }),
    );
  });
});
