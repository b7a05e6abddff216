package disk

import (
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

const (
	typeMask = syscall.S_IFMT
	dirMode  = syscall.S_IFDIR
	fileMode = syscall.S_IFREG
	// cacheTime is how long the kernel may believe what it was told. Nobody but the kernel changes anything.
	cacheTime = time.Minute
)

// handler answers the kernel. What it does not answer (links, extended attributes, preallocation) the
// kernel reports as not supported; locks and shared memory are the kernel's own.
type handler struct {
	fuse.RawFileSystem
	d *Disk
}

// on runs an operation on a node.
func (h *handler) on(k Kind, ino uint64, operation func(n *node) fuse.Status) fuse.Status {
	status := fuse.EIO
	told := h.d.do(k, ino, func() {
		if n := h.d.nodes[ino]; n != nil {
			status = operation(n)
		} else {
			status = fuse.Status(syscall.ESTALE)
		}
	})
	if !told {
		return fuse.EIO
	}
	return status
}

func fill(n *node, a *fuse.Attr) {
	a.Ino, a.Mode, a.Nlink, a.Blksize = n.ino, n.mode, 1, 4096
	if n.file != nil {
		a.Size = uint64(len(n.file.now))
		a.Blocks = (a.Size + 511) / 512
	}
}

// enter tells the kernel of a node, which it then refers to by number until it forgets it.
func (h *handler) enter(n *node, out *fuse.EntryOut) {
	n.lookups++
	h.d.nodes[n.ino] = n
	out.NodeId = n.ino
	out.SetEntryTimeout(cacheTime)
	out.SetAttrTimeout(cacheTime)
	fill(n, &out.Attr)
}

func (h *handler) Lookup(_ <-chan struct{}, in *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	return h.on(None, in.NodeId, func(n *node) fuse.Status {
		child := n.dir.now[name]
		if child == nil {
			return fuse.ENOENT
		}
		h.enter(child, out)
		return fuse.OK
	})
}

func (h *handler) Forget(ino, lookups uint64) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	n := h.d.nodes[ino]
	if n == nil || ino == rootIno {
		return
	}
	if n.lookups -= min(lookups, n.lookups); n.lookups == 0 {
		delete(h.d.nodes, ino)
	}
}

func (h *handler) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	return h.on(None, in.NodeId, func(n *node) fuse.Status {
		out.SetTimeout(cacheTime)
		fill(n, &out.Attr)
		return fuse.OK
	})
}

// SetAttr is a truncation or a chmod. Modes and times are not what gets lost here.
func (h *handler) SetAttr(_ <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	size, resize := in.GetSize()
	kind := None
	if resize {
		kind = Truncate
	}
	return h.on(kind, in.NodeId, func(n *node) fuse.Status {
		if mode, ok := in.GetMode(); ok {
			n.mode = n.mode&typeMask | mode&^typeMask
		}
		if resize && n.file == nil {
			return fuse.Status(syscall.EISDIR)
		}
		if resize {
			n.file.truncate(int(size))
		}
		out.SetTimeout(cacheTime)
		fill(n, &out.Attr)
		return fuse.OK
	})
}

// add makes a file or a directory.
func (h *handler) add(parent uint64, name string, mode uint32, out *fuse.EntryOut) fuse.Status {
	return h.on(Create, parent, func(n *node) fuse.Status {
		if n.dir.now[name] != nil {
			return fuse.Status(syscall.EEXIST)
		}
		child := h.d.newNode(mode)
		n.dir.change(move{to: name, node: child})
		h.d.moved = child.ino
		h.enter(child, out)
		return fuse.OK
	})
}

func (h *handler) Mkdir(_ <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	return h.add(in.NodeId, name, dirMode|in.Mode&^typeMask, out)
}

func (h *handler) Mknod(_ <-chan struct{}, in *fuse.MknodIn, name string, out *fuse.EntryOut) fuse.Status {
	if in.Mode&typeMask != fileMode {
		return fuse.EPERM
	}
	return h.add(in.NodeId, name, in.Mode, out)
}

func (h *handler) Create(_ <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	return h.add(in.NodeId, name, fileMode|in.Mode&^typeMask, &out.EntryOut)
}

func (h *handler) Unlink(_ <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	return h.remove(in.NodeId, name)
}

func (h *handler) Rmdir(_ <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	return h.remove(in.NodeId, name)
}

func (h *handler) remove(parent uint64, name string) fuse.Status {
	return h.on(Remove, parent, func(n *node) fuse.Status {
		child := n.dir.now[name]
		switch {
		case child == nil:
			return fuse.ENOENT
		case child.dir != nil && len(child.dir.now) > 0:
			return fuse.Status(syscall.ENOTEMPTY)
		}
		n.dir.change(move{from: name, node: child})
		return fuse.OK
	})
}

// Rename stays within a directory: over two of them it would be two changes, one of which could get lost.
func (h *handler) Rename(_ <-chan struct{}, in *fuse.RenameIn, from, to string) fuse.Status {
	if in.Newdir != in.NodeId || in.Flags != 0 {
		return fuse.EXDEV
	}
	return h.on(Rename, in.NodeId, func(n *node) fuse.Status {
		child := n.dir.now[from]
		if child == nil {
			return fuse.ENOENT
		}
		if from != to {
			n.dir.change(move{from, to, child})
			h.d.moved = child.ino
		}
		return fuse.OK
	})
}

func (h *handler) Open(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	kind := None
	if in.Flags&syscall.O_TRUNC != 0 {
		kind = Truncate
	}
	return h.on(kind, in.NodeId, func(n *node) fuse.Status {
		if kind == Truncate {
			n.file.truncate(0)
		}
		return fuse.OK
	})
}

func (h *handler) Read(_ <-chan struct{}, in *fuse.ReadIn, buf []byte) (fuse.ReadResult, fuse.Status) {
	got := 0
	status := h.on(None, in.NodeId, func(n *node) fuse.Status {
		if at := int(in.Offset); at < len(n.file.now) {
			got = copy(buf[:min(len(buf), int(in.Size))], n.file.now[at:])
		}
		return fuse.OK
	})
	return fuse.ReadResultData(buf[:got]), status
}

func (h *handler) Write(_ <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	status := h.on(Write, in.NodeId, func(n *node) fuse.Status {
		n.file.write(int(in.Offset), data)
		return fuse.OK
	})
	return uint32(len(data)), status
}

func (h *handler) Fsync(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return h.on(Sync, in.NodeId, func(n *node) fuse.Status {
		n.file.sync()
		return fuse.OK
	})
}

func (h *handler) FsyncDir(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return h.on(SyncDir, in.NodeId, func(n *node) fuse.Status {
		n.dir.sync()
		return fuse.OK
	})
}

func (h *handler) Flush(<-chan struct{}, *fuse.FlushIn) fuse.Status { return fuse.OK }

func (h *handler) OpenDir(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	return h.on(None, in.NodeId, func(n *node) fuse.Status {
		if n.dir == nil {
			return fuse.ENOTDIR
		}
		return fuse.OK
	})
}

// ReadDir counts names: a directory that changes between two calls may show one twice or not at all.
func (h *handler) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	return h.on(None, in.NodeId, func(n *node) fuse.Status {
		for i, name := range sorted(n.dir.now) {
			child := n.dir.now[name]
			if i < int(in.Offset) {
				continue
			}
			if !out.AddDirEntry(fuse.DirEntry{Name: name, Mode: child.mode, Ino: child.ino, Off: uint64(i + 1)}) {
				break
			}
		}
		return fuse.OK
	})
}

func (h *handler) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	const blocks = 1 << 24 // of 4 KiB: there is always room
	out.Bsize, out.Frsize, out.NameLen = 4096, 4096, 255
	out.Blocks, out.Bfree, out.Bavail = blocks, blocks, blocks
	return fuse.OK
}
