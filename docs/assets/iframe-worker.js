// Browsers start no worker for a page opened from disk, so the search runs in a hidden frame there.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super()
      this.waiting = []
      const frame = document.createElement("iframe")
      frame.hidden = true
      frame.title = "Search"
      const begin = () => {
        const inner = frame.contentWindow
        inner.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
        inner.importScripts = (...scripts) => scripts.reduce(
          (before, src) => before.then(() => this.load(inner, new URL(src, address))), Promise.resolve())
        this.load(inner, address).then(() => {
          this.inner = inner
          this.waiting.splice(0).forEach(data => this.postMessage(data))
        })
      }
      const attach = () => { document.body.append(frame); begin() }
      document.body ? attach() : addEventListener("DOMContentLoaded", attach)
    }
    load(inner, address) {
      return new Promise((done, failed) => {
        const script = inner.document.createElement("script")
        script.src = address
        script.onload = done
        script.onerror = failed
        inner.document.body.append(script)
      })
    }
    postMessage(data) {
      if (!this.inner) return this.waiting.push(data)
      this.inner.dispatchEvent(new this.inner.MessageEvent("message", { data }))
    }
    set onmessage(listener) { this.addEventListener("message", listener) }
    terminate() {}
  }
}
