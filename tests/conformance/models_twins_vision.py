"""The twins of the vision models: networks of torchvision where they are the same, and modules written like the Rust ones."""

import torch
from torch import nn
from torch.nn import functional as F

from models_twins import DIFFERENCES, twin

# tch's `flat_view` is `x.view(x.size(0), -1)`; torchvision calls `torch.flatten(x, 1)`.
FLAT_VIEW = {
    "aten.flatten.using_ints": "0 instead of 1",
    "aten.view.default": "1 instead of 0",
}


class AlexNet(nn.Module):
    """tch's AlexNet: its second layer has another padding and stride than torchvision's."""

    def __init__(self, classes=10):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, padding=2, stride=4), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=1, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(256 * 36, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(),
            nn.Linear(4096, classes),
        )  # fmt: skip

    def forward(self, xs):
        xs = F.adaptive_avg_pool2d(self.features(xs), (6, 6))
        return self.classifier(xs.view(xs.size(0), -1))


@twin("alexnet")
def alexnet():
    return AlexNet().eval()


class Vgg(nn.Module):
    """VGG without torchvision's pooling before the classifier."""

    def __init__(self, batch_norm, classes=10):
        super().__init__()
        layers, channels = [], 3
        for group in [[64], [128], [256, 256], [512, 512], [512, 512]]:
            for out in group:
                layers.append(nn.Conv2d(channels, out, 3, padding=1))
                layers += [nn.BatchNorm2d(out)] if batch_norm else []
                layers.append(nn.ReLU())
                channels = out
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 49, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(),
            nn.Linear(4096, classes),
        )  # fmt: skip

    def forward(self, xs):
        xs = self.features(xs)
        return self.classifier(xs.view(xs.size(0), -1))


@twin("vgg11")
def vgg11():
    return Vgg(False).eval()


@twin("vgg11_bn")
def vgg11_bn():
    return Vgg(True).eval()


@twin("resnet18")
def resnet18():
    import torchvision

    return torchvision.models.resnet18(num_classes=10).eval()


@twin("resnet50")
def resnet50():
    import torchvision

    return torchvision.models.resnet50(num_classes=10).eval()


DIFFERENCES["resnet18"] = DIFFERENCES["resnet50"] = FLAT_VIEW


@twin("densenet121")
def densenet121():
    import torchvision

    network = torchvision.models.densenet121(num_classes=10).eval()

    def forward(xs):
        # tch pools the 7x7 places of an image of 224x224, and divides by 1.
        xs = F.avg_pool2d(F.relu(network.features(xs)), (7, 7), stride=(1, 1), divisor_override=1)
        return network.classifier(xs.view(xs.size(0), -1))

    network.forward = forward
    return network


# torchvision keeps a list, and concatenates it before each layer and behind each block.
DIFFERENCES["densenet121"] = {"aten.cat.default": "58 instead of 62"}


@twin("squeezenet")
def squeezenet():
    import torchvision

    return torchvision.models.squeezenet1_1(num_classes=10).eval()


DIFFERENCES["squeezenet"] = {
    **FLAT_VIEW,
    # Both need 17 rows and columns for one place in the last pool. Python sorts the strides of that place's convolution to
    # find its memory format, and guards with that that the width is not 1.
    "ranges": "n0 2..int_oo, n1 17..int_oo, n2 17..int_oo instead of n0 2..int_oo, n1 17..int_oo, n2 33..int_oo",
}


@twin("mobilenet")
def mobilenet():
    import torchvision

    return torchvision.models.mobilenet_v2(num_classes=10).eval()


DIFFERENCES["mobilenet"] = {
    # tch writes ReLU6 with two ops, and the pooling as two means.
    "aten.hardtanh.default": "0 instead of 35",
    "aten.relu.default": "35 instead of 0",
    "aten.clamp_max.default": "35 instead of 0",
    "aten.adaptive_avg_pool2d.default": "0 instead of 1",
    "aten.flatten.using_ints": "0 instead of 1",
    "aten.mean.dim": "2 instead of 0",
}


@twin("inception_v3")
def inception_v3():
    import torchvision

    return torchvision.models.inception_v3(num_classes=10, aux_logits=False, init_weights=False).eval()


DIFFERENCES["inception_v3"] = {
    **FLAT_VIEW,
    # tch calls `relu` again before the two max pools.
    "aten.relu.default": "96 instead of 94",
}


def conv_same(conv, xs):
    """A convolution that pads as TensorFlow does."""
    s, k = conv.stride[0], conv.kernel_size[0]
    ih, iw = xs.shape[2:]
    oh, ow = (ih + s - 1) // s, (iw + s - 1) // s
    pad_h = torch.sym_max((oh - 1) * s + k - ih, 0)
    pad_w = torch.sym_max((ow - 1) * s + k - iw, 0)
    if pad_h > 0 or pad_w > 0:
        xs = torch.constant_pad_nd(xs, [pad_w // 2, pad_w - pad_w // 2, pad_h // 2, pad_h - pad_h // 2])
    return conv(xs)


class ConvNorm(nn.Module):
    def __init__(self, i, o, k, stride=1, groups=1, activation=True):
        super().__init__()
        self.conv = nn.Conv2d(i, o, k, stride=stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(o, momentum=0.01, eps=1e-3)
        self.activation = activation

    def forward(self, xs):
        xs = self.norm(conv_same(self.conv, xs))
        return xs * torch.sigmoid(xs) if self.activation else xs


class MBConv(nn.Module):
    def __init__(self, i, o, k, stride, ratio):
        super().__init__()
        hidden = ratio * i
        self.expand = ConvNorm(i, hidden, 1) if hidden != i else nn.Identity()
        self.depthwise = ConvNorm(hidden, hidden, k, stride=stride, groups=hidden)
        self.fc1, self.fc2 = nn.Conv2d(hidden, max(1, i // 4), 1), nn.Conv2d(max(1, i // 4), hidden, 1)
        self.project = ConvNorm(hidden, o, 1, activation=False)
        self.residual = stride == 1 and i == o

    def forward(self, xs):
        ys = self.depthwise(self.expand(xs))
        scale = conv_same(self.fc1, F.adaptive_avg_pool2d(ys, (1, 1)))
        scale = torch.sigmoid(conv_same(self.fc2, scale * torch.sigmoid(scale)))
        ys = self.project(scale * ys)
        return ys + xs if self.residual else ys


class EfficientNet(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        blocks = [ConvNorm(3, 32, 3, stride=2)]
        for ratio, k, stride, i, o, count in [
            (1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3),
            (6, 5, 1, 80, 112, 3), (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1),
        ]:  # fmt: skip
            blocks += [MBConv(o if j else i, o, k, 1 if j else stride, ratio) for j in range(count)]
        self.features = nn.Sequential(*blocks, ConvNorm(320, 1280, 1))
        self.classifier = nn.Linear(1280, classes)

    def forward(self, xs):
        xs = F.adaptive_avg_pool2d(self.features(xs), (1, 1))
        return self.classifier(xs.squeeze(-1).squeeze(-1))


@twin("efficientnet_b0")
def efficientnet_b0():
    return EfficientNet().eval()


class MixerBlock(nn.Module):
    def __init__(self, dim, k):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(dim, dim, k, groups=dim), nn.Conv2d(dim, dim, 1)
        self.bn1, self.bn2 = nn.BatchNorm2d(dim), nn.BatchNorm2d(dim)

    def forward(self, xs):
        ys = self.bn1(F.gelu(conv_same(self.conv1, xs)))
        return self.bn2(F.gelu(self.conv2(xs + ys)))


class ConvMixer(nn.Module):
    def __init__(self, dim=1024, depth=20, k=9, patch=14, classes=10):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, dim, patch, stride=patch), nn.BatchNorm2d(dim)
        self.blocks = nn.Sequential(*[MixerBlock(dim, k) for _ in range(depth)])
        self.fc = nn.Linear(dim, classes)

    def forward(self, xs):
        xs = F.adaptive_avg_pool2d(self.blocks(self.norm(F.gelu(self.conv(xs)))), (1, 1))
        return self.fc(xs.view(xs.size(0), -1))


@twin("convmixer")
def convmixer():
    return ConvMixer().eval()


class DinoBlock(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.gamma1, self.gamma2 = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.ones(dim))

    def attention(self, xs):
        b, n, c = xs.shape
        qkv = self.qkv(xs).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0] * self.scale, qkv[1], qkv[2]
        weights = torch.softmax(q @ k.transpose(-2, -1), dim=-1, dtype=torch.float32)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, n, c))

    def forward(self, xs):
        xs = xs + self.attention(self.norm1(xs)) * self.gamma1
        return xs + self.fc2(F.gelu(self.fc1(self.norm2(xs)))) * self.gamma2


class Dino(nn.Module):
    """DINOv2 as tch has it, without the skipped interpolation of positions that its reference has."""

    def __init__(self, depth=12, dim=384, heads=6, patch=14, size=518):
        super().__init__()
        self.patch, self.side = patch, size // patch
        self.embed = nn.Conv2d(3, dim, patch, stride=patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + self.side**2, dim))
        self.blocks = nn.Sequential(*[DinoBlock(dim, heads) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(dim), nn.Linear(2 * dim, 1000)

    def positions(self, xs, w, h):
        if xs.shape[1] - 1 == self.side**2 and w == h:
            return xs
        dim = xs.shape[-1]
        w0, h0 = w // self.patch + 0.1, h // self.patch + 0.1
        patches = self.pos_embed.narrow(1, 1, self.side**2).reshape(1, self.side, self.side, dim).permute(0, 3, 1, 2)
        scales = [w0 / float(self.side), h0 / float(self.side)]
        patches = torch.ops.aten.upsample_bicubic2d(patches, [int(w0), int(h0)], False, *scales)
        patches = patches.permute(0, 2, 3, 1).reshape(1, -1, dim)
        return torch.cat([self.pos_embed.narrow(1, 0, 1), patches], 1)

    def forward(self, xs):
        b, _, w, h = xs.shape
        assert w % self.patch == 0 and h % self.patch == 0
        xs = self.embed(xs)
        c, rows, columns = xs.shape[1:]
        xs = xs.reshape(b, c, rows * columns).transpose(1, 2)
        xs = torch.concat([self.cls_token.expand(b, -1, -1), xs], 1)
        xs = self.norm(self.blocks(xs + self.positions(xs, w, h)))
        return self.head(torch.concat([xs.select(1, 0), xs.narrow(1, 1, xs.shape[1] - 1).mean(1)], -1))


def multiples_of(factor):
    """Dynamic shapes of images whose height and width are multiples."""
    h, w = torch.export.Dim("h"), torch.export.Dim("w")
    return ({0: torch.export.Dim.DYNAMIC, 2: factor * h, 3: factor * w},)


@twin("dinov2", shapes=lambda: multiples_of(14))
def dinov2():
    return Dino().eval()


@twin("dinov2_fixed")
def dinov2_fixed():
    return Dino().eval()
