// Looks at pages as .ci/page says. node .ci/page.js CHROMIUM PAGE...; a page called `faulty` must be found faulty.
const fs = require('fs');
const path = require('path');
const puppeteer = require('puppeteer-core');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [executablePath, ...pages] = process.argv.slice(2);
const looks = [];
for (const scheme of ['light', 'dark']) for (const width of [1280, 768, 360]) looks.push({ scheme, width, media: 'screen' });
looks.push({ scheme: 'light', width: 794, media: 'print' });

async function faults(browser, file, { scheme, width, media }) {
  const page = await browser.newPage();
  const asked = [];
  page.on('request', request => { if (!/^(file|data):/.test(request.url())) asked.push(`asks for ${request.url()}`); });
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaType(media);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(`file://${path.resolve(file)}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await page.evaluate(axe);
  const result = await page.evaluate(() => axe.run());
  await page.close();
  if (result.passes.length < 10 && !file.includes('faulty')) asked.push('axe looked at next to nothing');
  return [...asked, ...(over > 0 ? [`${over} pixels too wide`] : []), ...result.violations.map(rule => `${rule.id} (${rule.nodes.length})`)];
}

(async () => {
  const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox'] });
  let failed = 0;
  for (const file of pages) {
    for (const look of looks) {
      const found = await faults(browser, file, look);
      if (file.endsWith('faulty.html')) {
        if (!found.some(fault => fault.startsWith('image-alt')) || !found.some(fault => fault.includes('too wide'))) {
          console.log(`the faulty page passed: ${look.scheme} ${look.width}`);
          failed += 1;
        }
      } else if (found.length) {
        console.log(`${path.basename(file)} ${look.media} ${look.scheme} ${look.width}: ${found.join('; ')}`);
        failed += 1;
      }
    }
  }
  await browser.close();
  console.log(`pages: ${pages.length - 1} in ${looks.length} ways, ${failed} with a fault`);
  process.exit(failed ? 1 : 0);
})();
